//! STR-47: handlers say how far they are.

use rookery_jobs::{JobState, Outcome, Registry};

use crate::support::{Bed, Generate, Notes};

#[tokio::test]
async fn people_see_percent_and_step_while_it_runs() {
    let bed = Bed::new().await;
    let job = bed.enqueue(&Generate { number: 1 }).await;
    let seen = Notes::default();
    let (notes, db) = (seen.clone(), bed.db.clone());
    let registry = Registry::new().on(move |_: Generate, context| {
        let (notes, db) = (notes.clone(), db.clone());
        async move {
            for (percent, step) in [(10, "reading the profile"), (60, "writing"), (250, "checking")] {
                context.progress(percent, step).await?;
                let row = rookery_jobs::admin::get(&db, None, context.job_id).await.expect("it runs").job;
                notes.add((row.progress, row.step.unwrap_or_default()));
            }
            Ok(Outcome::Done)
        }
    });
    bed.worker(registry).run_until_idle().await;
    let expected = [(10, "reading the profile"), (60, "writing"), (100, "checking")];
    assert_eq!(seen.all(), expected.map(|(percent, step)| (percent, step.to_owned())));
    let row = bed.job(job.id).await.job;
    assert_eq!((row.state, row.progress), (JobState::Succeeded, 100));
}
