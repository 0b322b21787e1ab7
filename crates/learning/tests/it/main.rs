//! The learning context against a database, and its rules against any number.

mod seed;

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use rookery_engagement::{OperationalMode, Score};
use rookery_governance::table::SaveError;
use rookery_kernel::{
    AdjustmentId, Clock as _, DecisionId, ExperimentId, FixedClock, LearningEventId, Limit, RandomizedExperimentId,
    SeededIds, SegmentWeightId,
};
use rookery_learning::{
    Adjustment, AdjustmentAction, AdjustmentReason, AdjustmentType, Experiment, ExperimentMetric, ExperimentStatus,
    Learning, LearningEvent, RandomizedExperiment, SegmentType, SegmentWeight, Stored, Weights, WeightsInput,
    validate_weights,
};
use rookery_testkit::{TestDb, TestOrg};
use serde_json::json;

struct World {
    db: TestDb,
    org: TestOrg,
    clock: FixedClock,
    ids: Arc<SeededIds>,
    learning: Learning,
}

impl World {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let (org, clock, ids) = (db.organization().await, rookery_testkit::clock(), rookery_testkit::ids());
        let learning = Learning::new(db.db.clone(), Arc::new(clock.clone()), ids.clone());
        Self { db, org, clock, ids, learning }
    }

    fn weights(&self, sss: f64, trs: f64) -> SegmentWeight {
        let now = self.clock.now();
        SegmentWeight {
            id: SegmentWeightId::generate(&*self.ids),
            segment_type: SegmentType::Global,
            segment_key: "global".to_owned(),
            sss_weight: sss,
            ars_weight: 0.25,
            evs_weight: 0.20,
            trs_weight: trs,
            sss_ars_weight: 0.05,
            evs_trs_weight: 0.03,
            sample_size: 0,
            performance: None,
            locked: false,
            created_at: now,
            updated_at: now,
        }
    }

    /// What another organization finds under a row's id: nothing.
    async fn hidden_from_others<T: Stored>(&self, row: &T) {
        let other = self.db.organization().await.scope;
        let not_found = |result: Result<(), SaveError>| matches!(result, Err(SaveError::NotFound(..)));
        assert!(not_found(self.learning.get::<T>(&other, row.id()).await.map(drop)));
        assert!(not_found(self.learning.update(&other, std::slice::from_ref(row)).await));
        assert_eq!(self.learning.remove::<T>(&other, &[row.id()]).await.expect("nothing to do"), 0);
        assert!(self.learning.get::<T>(&self.org.scope, row.id()).await.is_ok());
    }

    async fn actions(&self, resource: &str) -> Vec<String> {
        sqlx::query_scalar("select action from governance.audit_logs where resource = $1 order by id")
            .bind(resource)
            .fetch_all(&mut self.db.owner().await)
            .await
            .expect("rows")
    }
}

#[tokio::test]
async fn every_version_of_the_weights_is_kept_and_the_same_again_makes_none() {
    let world = World::new().await;
    let scope = &world.org.scope;
    let first = world.learning.save_weights(scope, &[world.weights(0.40, 0.15)]).await.expect("saved").remove(0);
    world.clock.advance(Duration::from_secs(60));
    world.learning.save_weights(scope, &[world.weights(0.40, 0.15)]).await.expect("nothing new");
    let second = world.learning.save_weights(scope, &[world.weights(0.35, 0.20)]).await.expect("saved").remove(0);
    assert_eq!((second.id, second.sss_weight), (first.id, 0.35));
    let versions = world.learning.weight_versions(scope, first.id, Limit::default()).await.expect("read");
    let sss: Vec<f64> = versions.iter().map(|weights| weights.get().sss).collect();
    assert_eq!(sss, [0.35, 0.40]);
    assert_eq!(versions[1], Weights::default());
    assert_eq!(world.actions("learning.segmented_weights").await, ["insert", "update"]);

    let error = world.learning.save_weights(scope, &[world.weights(0.5, 0.5)]).await.expect_err("more than 1");
    let SaveError::Invalid(faults) = error else { panic!("{error}") };
    assert_eq!(faults[0].1[0].message, "Weights must sum to 1");

    let other = world.db.organization().await.scope;
    assert!(world.learning.weight_versions(&other, first.id, Limit::default()).await.expect("read").is_empty());
    let theirs = world.learning.get::<SegmentWeight>(&other, first.id.uuid()).await;
    assert!(matches!(theirs, Err(SaveError::NotFound(..))), "{theirs:?}");
}

#[tokio::test]
async fn an_experiment_starts_with_an_approver_and_does_not_start_again_after_its_end() {
    let world = World::new().await;
    let (scope, now) = (&world.org.scope, world.clock.now());
    let draft = Experiment {
        id: ExperimentId::generate(&*world.ids),
        name: "Openers".to_owned(),
        description: None,
        dimension: "opener".to_owned(),
        variant_a: json!({"opener": "hey"}),
        variant_b: json!({"opener": "hi"}),
        metric: ExperimentMetric::Ctr,
        traffic_split: 0.5,
        status: ExperimentStatus::Draft,
        start_date: None,
        end_date: None,
        results_json: None,
        winner: None,
        approved_by: None,
        created_at: now,
        updated_at: now,
    };
    let saved = world.learning.save(scope, std::slice::from_ref(&draft)).await.expect("saved");
    assert_eq!(saved, std::slice::from_ref(&draft));
    let running = Experiment { status: ExperimentStatus::Running, ..draft };
    assert!(matches!(world.learning.update(scope, std::slice::from_ref(&running)).await, Err(SaveError::Invalid(_))));
    let running = Experiment { approved_by: Some("somebody".to_owned()), start_date: Some(now), ..running };
    world.learning.update(scope, std::slice::from_ref(&running)).await.expect("approved");
    let ended = Experiment { status: ExperimentStatus::Completed, winner: Some("a".to_owned()), ..running.clone() };
    world.learning.update(scope, std::slice::from_ref(&ended)).await.expect("ended");
    assert!(matches!(world.learning.update(scope, &[running]).await, Err(SaveError::Invalid(_))));
    world.hidden_from_others(&ended).await;
    assert_eq!(world.actions("learning.experiments").await, ["insert", "update", "update"]);
    assert_eq!(world.learning.remove::<Experiment>(scope, &[ended.id.uuid()]).await.expect("gone"), 1);
}

#[tokio::test]
async fn a_drawn_mode_waits_for_its_outcome() {
    let world = World::new().await;
    let (scope, now) = (&world.org.scope, world.clock.now());
    let decision = DecisionId::generate(&*world.ids);
    sqlx::query(
        "with author as (
             insert into engagement.authors (organization_id, id, platform, platform_id, handle)
             values ($1, $2, 'reddit', 't2_a', 'ann')),
         post as (
             insert into engagement.posts (organization_id, id, platform, platform_post_id, author_id, content)
             values ($1, $2, 'reddit', 't3_a', $2, 'What helps?'))
         insert into engagement.decisions (organization_id, id, post_id, sss_score, ars_score, evs_score, trs_score,
             composite_score, mode, signals_json)
         values ($1, $2, $2, 0.8, 0.5, 1, 1, 0.7, 'helpful', '{}')",
    )
    .bind(world.org.organization_id.uuid())
    .bind(decision.uuid())
    .execute(&mut world.db.owner().await)
    .await
    .expect("a decision breaks no rule");
    let drawn = RandomizedExperiment {
        id: RandomizedExperimentId::generate(&*world.ids),
        decision_id: decision,
        predicted_mode: OperationalMode::Helpful,
        actual_mode: OperationalMode::Engagement,
        predicted_outcome: Score::new(0.7).expect("in range"),
        actual_outcome: None,
        created_at: now,
    };
    let saved = world.learning.save(scope, std::slice::from_ref(&drawn)).await.expect("saved");
    assert_eq!(saved, std::slice::from_ref(&drawn));
    // One per decision: a second draw changes nothing.
    let again = RandomizedExperiment { id: RandomizedExperimentId::generate(&*world.ids), ..drawn.clone() };
    assert_eq!(world.learning.save(scope, &[again]).await.expect("known"), std::slice::from_ref(&drawn));
    let measured = RandomizedExperiment { actual_outcome: Score::new(0.25).ok(), ..drawn };
    world.learning.update(scope, std::slice::from_ref(&measured)).await.expect("measured");
    let read = world.learning.get::<RandomizedExperiment>(scope, measured.id.uuid()).await.expect("there");
    assert_eq!(read, measured);
    world.hidden_from_others(&measured).await;
    let other = world.db.organization().await.scope;
    let theirs = world.learning.save(&other, &[measured]).await.expect_err("crosses tenants");
    assert!(matches!(theirs, SaveError::Reference(_)), "{theirs:?}");
}

#[tokio::test]
async fn adjustments_and_their_lessons_are_kept() {
    let world = World::new().await;
    let (scope, now) = (&world.org.scope, world.clock.now());
    let adjustment = Adjustment {
        id: AdjustmentId::generate(&*world.ids),
        date: now,
        action: AdjustmentAction::Skipped,
        reason: Some(AdjustmentReason::InsufficientSampleSize),
        segment_type: Some(SegmentType::Combined),
        segment_key: Some("twitter_morning".to_owned()),
        valid_segments: Some(0),
        total_segments: Some(4),
        sample_sizes: Some(json!({"sss": 12})),
        old_weights: None,
        new_weights: None,
        predicted_improvement: None,
        details_json: None,
        created_at: now,
    };
    let saved = world.learning.save(scope, std::slice::from_ref(&adjustment)).await.expect("saved");
    assert_eq!(saved, [adjustment]);
    world.hidden_from_others(&saved[0]).await;
    let event = LearningEvent {
        id: LearningEventId::generate(&*world.ids),
        date: now,
        adjustment_type: AdjustmentType::Weight,
        adjustment: json!({"sss": [0.4, 0.38]}),
        predicted_improvement: 0.15,
        baseline_performance: 0.4,
        actual_improvement: None,
        accuracy: None,
        evaluated_at: None,
        created_at: now,
    };
    world.learning.save(scope, std::slice::from_ref(&event)).await.expect("saved");
    let measured = LearningEvent { actual_improvement: Some(0.1875), evaluated_at: Some(now), ..event };
    world.learning.update(scope, std::slice::from_ref(&measured)).await.expect("measured");
    let page = world.learning.list::<LearningEvent>(scope, None, Limit::default()).await.expect("read");
    assert_eq!(page.items, [measured]);
}

proptest! {
    #[test]
    fn weights_that_pass_sum_to_one_and_any_number_is_judged(
        four in prop::array::uniform4(prop_oneof![0.0..1.0_f64, any::<f64>()]), pair in prop::array::uniform2(any::<f64>()),
    ) {
        let sum: f64 = four.iter().sum();
        for scale in [1.0, sum] {
            let [sss, ars, evs, trs] = four.map(|weight| weight / scale);
            let input = WeightsInput { sss, ars, evs, trs, sss_ars: pair[0], evs_trs: pair[1] };
            match validate_weights(&input) {
                Ok(valid) => {
                    let w = valid.get();
                    prop_assert!((w.sss + w.ars + w.evs + w.trs - 1.0).abs() <= 0.001);
                    prop_assert!([w.sss, w.ars, w.evs, w.trs, w.sss_ars, w.evs_trs].iter().all(|x| *x >= 0.0));
                }
                Err(findings) => prop_assert!(!findings.is_empty()),
            }
        }
    }
}
