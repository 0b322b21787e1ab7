//! `rookery demo`: a studio with accounts on simulated networks, months of numbers collected through the
//! real ingestion, and three posts about to go out. Everything lies in `demo` below the data folder.

mod files;
mod networks;
mod posts;
mod seed;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use rookery_kernel::SystemClock;
use rookery_sandbox::TravelClock;
use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use crate::cli::{DemoArgs, Role};
use crate::config::Config;
use crate::progress::Steps;
use crate::serve::{self, Running};
use crate::stop;
use crate::store::Store;
use crate::wiring::{Core, Parts};
use files::{Credentials, Files, Ready};
use networks::Networks;

/// What has to be stopped at the end, however it comes.
#[derive(Default)]
struct Stage {
    store: Option<Store>,
    networks: Option<Networks>,
    core: Option<Core>,
}

impl Stage {
    async fn close(self) {
        if let Some(core) = self.core {
            core.close().await;
        }
        if let Some(networks) = self.networks {
            networks.stop().await;
        }
        if let Some(store) = self.store {
            store.close().await;
        }
    }
}

/// Prepares the studio and serves it until a signal.
pub(crate) async fn run(config: Config, args: DemoArgs) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let stopping = stop::on_signals().context("signals cannot be heard")?;
    let files = Files::at(config.data_dir.join("demo"))?;
    let listener = serve::bind(args.listen).await.context("the demo's pages (--listen)")?;
    let config = demo_config(config, &files, listener.local_addr()?);
    let mut stage = Stage::default();
    let prepared = tokio::select! {
        prepared = prepare(&mut stage, &config, &files, &args) => prepared.map(Some),
        () = stopping.cancelled() => Ok(None),
    };
    let result = match prepared {
        Ok(Some(credentials)) => {
            let core = stage.core.as_ref().expect("preparing made it");
            let networks = stage.networks.as_ref().expect("preparing made them");
            show(&config, &credentials, networks, began);
            if args.exit_when_ready {
                Ok(ExitCode::SUCCESS)
            } else {
                match Running::start(&config, core, Some(listener), Role::All) {
                    Ok(running) => running.until(&stopping).await.map(|()| ExitCode::SUCCESS),
                    Err(error) => Err(error),
                }
            }
        }
        Ok(None) => {
            println!("stopped before the demo was ready; the next start begins anew");
            Ok(ExitCode::from(stop::INTERRUPTED))
        }
        Err(error) => Err(error),
    };
    stage.close().await;
    result
}

/// The demo's own installation: a private database, sandbox networks on this machine.
fn demo_config(config: Config, files: &Files, listen: SocketAddr) -> Config {
    let mut config = config;
    files.folder().clone_into(&mut config.data_dir);
    config.key_file = files.folder().join("keys");
    config.archive.dir = files.folder().join("archive");
    // Its days pass faster than a visitor's.
    config.archive.nightly = false;
    config.database.url = None;
    config.server.listen = listen;
    config.server.public_url = format!("http://{listen}").parse().expect("a socket address makes an address");
    config.allow_private = true;
    // The demo is watched: a post that is due in a second should not wait for the next look.
    config.jobs.poll_ms = config.jobs.poll_ms.min(500);
    config
}

async fn prepare(stage: &mut Stage, config: &Config, files: &Files, args: &DemoArgs) -> anyhow::Result<Credentials> {
    let steps = Steps::new();
    let step = steps.begin("starting the private PostgreSQL");
    let began = Instant::now();
    open_store(stage, config).await?;
    if files.was_interrupted() {
        // The server is ours now, so nobody else works in this folder.
        println!("an earlier start was interrupted; beginning anew");
        if let Some(store) = stage.store.take() {
            store.close().await;
        }
        files.wipe()?;
        open_store(stage, config).await?;
    }
    step.done(&took(began));

    let ready = files.ready()?;
    if ready.is_none() {
        files.mark_begun()?;
    }
    let step = steps.begin("starting the simulated networks");
    let began = Instant::now();
    let clock = TravelClock::new(Arc::new(SystemClock));
    let before = ready.as_ref().map(|r| r.sandbox);
    let networks = stage.networks.insert(Networks::start(args.sandbox_listen, before, files, clock.clone()).await?);
    step.done(&took(began));

    let step = steps.begin("preparing the schema");
    let began = Instant::now();
    let store = stage.store.as_ref().expect("opened above");
    let core = &*stage.core.insert(Core::start(config, store, Parts::on(Arc::new(clock.clone()))).await?);
    step.done(&took(began));

    let credentials = if let Some(ready) = ready {
        if ready.sandbox != networks.listens_at() {
            networks.move_accounts(core, &ready).await?;
            files.mark_ready(&Ready { sandbox: networks.listens_at(), ..ready.clone() })?;
        }
        println!("✓ {} days of numbers are there from an earlier start", ready.days);
        files.credentials()?
    } else {
        let seeded = seed::run(core, networks, &clock, args.days, &steps).await;
        clock.come_back();
        let (credentials, ready) = seeded?;
        files.save_credentials(&credentials)?;
        files.mark_ready(&ready)?;
        credentials
    };
    let ready: Ready = files.ready()?.context("the demo's marker is gone")?;
    let step = steps.begin("planning posts");
    let began = Instant::now();
    let planned = posts::plan(core, &ready, core.clock.now()).await?;
    step.done(&format!("{planned} posts, {}", took(began)));
    Ok(credentials)
}

async fn open_store(stage: &mut Stage, config: &Config) -> anyhow::Result<()> {
    let mut store = Store::open(config).await?;
    // Simulated data: waiting for the disk at each of many thousand commits would only cost the visitor's time.
    // A crash of the machine can lose the last moments, and never harms the rest.
    for endpoint in [&mut store.endpoints.api, &mut store.endpoints.worker] {
        *endpoint = endpoint.clone().options([("synchronous_commit", "off")]);
    }
    stage.store = Some(store);
    Ok(())
}

fn show(config: &Config, credentials: &Credentials, networks: &Networks, began: Instant) {
    println!(
        "\nFieldwork Studio is ready after {:.1} s.\n  \
         address   {}\n  sign in   {}  ·  {}\n  API key   {}\n  networks  {}\n\n\
         Three posts go out in the next two minutes; watch the calendar. Ctrl-C stops everything.",
        began.elapsed().as_secs_f64(),
        config.server.public_url,
        credentials.email,
        credentials.password.expose_secret(),
        credentials.api_key.expose_secret(),
        networks.address(),
    );
}

/// `0.3 s`
fn took(began: Instant) -> String {
    format!("{:.1} s", began.elapsed().as_secs_f64())
}
