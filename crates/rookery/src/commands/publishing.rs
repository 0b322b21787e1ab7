//! `rookery publishing`: the switch of the whole installation.

use std::process::ExitCode;

use rookery_governance::audit::Origin;
use rookery_kernel::Actor;
use serde_json::json;

use super::with_core;
use crate::cli::PublishingCommand;
use crate::config::Config;
use crate::wiring::Core;

pub(crate) async fn publishing(config: &Config, command: PublishingCommand) -> anyhow::Result<ExitCode> {
    with_core(config, async |core| run(core, command).await).await?;
    Ok(ExitCode::SUCCESS)
}

async fn run(core: &Core, command: PublishingCommand) -> anyhow::Result<()> {
    let operator = Origin::new(Actor::System);
    match command {
        PublishingCommand::Pause { reason } => {
            let pause = core.publishing.pause_instance(&operator, reason).await?;
            println!(
                "publishing is stopped for the whole installation since {}; `rookery publishing resume` ends it",
                pause.since
            );
        }
        PublishingCommand::Resume => {
            let was_on = core.publishing.resume_instance(&operator).await?;
            println!(
                "{}",
                if was_on { "publishing goes on; what is due leaves now" } else { "publishing was not stopped" }
            );
        }
        PublishingCommand::Status(args) => {
            let pause = core.publishing.instance_pause().await?;
            let overdue = core.publishing.overdue().await?;
            if args.json {
                let (since, reason) = pause.map_or((None, None), |p| (Some(p.since.to_string()), p.reason));
                let oldest = overdue.oldest.map(|at| at.to_string());
                println!(
                    "{}",
                    json!({"paused": since.is_some(), "since": since, "reason": reason,
                    "overdue": {"count": overdue.count, "organizations": overdue.organizations, "oldest": oldest}})
                );
                return Ok(());
            }
            match pause {
                Some(pause) => {
                    let why = pause.reason.map(|r| format!(" ({r})")).unwrap_or_default();
                    println!("stopped for the whole installation since {}{why}", pause.since);
                }
                None => println!("not stopped"),
            }
            let now = core.clock.now();
            println!("{}", overdue.sentence(now).unwrap_or_else(|| "nothing is overdue".to_owned()));
        }
    }
    Ok(())
}
