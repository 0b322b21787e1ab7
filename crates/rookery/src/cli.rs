//! The command line. Exit codes: 0 done, 1 failed, 2 usage, 78 bad configuration.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{Config, ConfigErrors, Log, Source};
use crate::{commands, demo, doctor, serve, telemetry};

/// Exit code for a configuration that cannot be used (EX_CONFIG of sysexits).
const BAD_CONFIGURATION: u8 = 78;

/// Rookery plans, publishes and measures your social media accounts, on your own machine.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = "Try it: rookery demo\nRun it: rookery serve")]
pub struct Cli {
    /// Configuration file; `rookery.toml` in this folder if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the embedded database and the key file; overrides the configuration.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a studio with simulated networks and 120 days of numbers.
    #[command(after_help = "Example: rookery demo --listen 127.0.0.1:8480")]
    Demo(DemoArgs),
    /// Serve pages and API and do the background work.
    #[command(after_help = "Examples:\n  rookery serve\n  rookery serve --role worker")]
    Serve(ServeArgs),
    /// Bring the database's schema up or down.
    #[command(subcommand, after_help = "Example: rookery migrate status")]
    Migrate(MigrateCommand),
    /// Fill an empty installation with an example organization.
    #[command(after_help = "Example: rookery --data-dir /tmp/example seed")]
    Seed(SeedArgs),
    /// Hold the tables against the founding documents, or write them down.
    #[command(subcommand, after_help = "Examples:\n  rookery schema coverage\n  rookery schema docs --check")]
    Schema(SchemaCommand),
    /// Run the simulated networks alone.
    #[command(after_help = "Example: rookery sandbox --listen 127.0.0.1:8490 --seed 7")]
    Sandbox(SandboxArgs),
    /// Check this installation and say what to mend.
    #[command(after_help = "Example: rookery doctor")]
    Doctor(JsonArgs),
    /// Check the configuration, or print an annotated example.
    #[command(subcommand, after_help = "Example: rookery config example > rookery.toml")]
    Config(ConfigCommand),
    /// Collect one day's numbers now.
    #[command(after_help = "Example: rookery ingest --organization fieldwork-studio --date 2026-03-01")]
    Ingest(IngestArgs),
    /// Compute every sum of numbers anew; what stands there rightly is not written.
    #[command(after_help = "Example: rookery rebuild-rollups --organization fieldwork-studio")]
    RebuildRollups(RebuildRollupsArgs),
    /// Make posts of a file, or bring the networks' own numbers along.
    #[command(
        subcommand,
        after_help = "Examples:\n  rookery import csv posts.csv --organization fieldwork-studio --dry-run\n  rookery import csv posts.csv --organization fieldwork-studio --skip-broken\n  rookery import numbers content.csv --organization fieldwork-studio --account fieldwork --dry-run"
    )]
    Import(ImportCommand),
    /// Write everything an organization holds into files, without tokens.
    #[command(after_help = "Example: rookery export --organization fieldwork-studio --to /tmp/fieldwork --format csv")]
    Export(ExportArgs),
    /// Put rows past their time into files, check these, bring them back.
    #[command(subcommand, after_help = "Examples:\n  rookery archive run --dry-run\n  rookery archive verify")]
    Archive(ArchiveCommand),
    /// Look at the queue and act on it.
    #[command(subcommand, after_help = "Example: rookery jobs stats")]
    Jobs(JobsCommand),
    /// Stop publishing for the whole installation, or let it go on.
    #[command(subcommand, after_help = "Example: rookery publishing pause --reason 'incident 12'")]
    Publishing(PublishingCommand),
    /// Make or rotate the keys that encrypt tokens.
    #[command(subcommand, after_help = "Example: rookery keys generate")]
    Keys(KeysCommand),
    /// Create a person with an organization.
    #[command(
        subcommand,
        after_help = "Example: echo 'a Good 1 password' | rookery user create --email ada@example.org --name Ada"
    )]
    User(UserCommand),
    /// Create an API key for an organization.
    #[command(subcommand, after_help = "Example: rookery token create --organization fieldwork-studio --name ci")]
    Token(TokenCommand),
    /// Print the API's OpenAPI document.
    #[command(after_help = "Example: rookery openapi > openapi.json")]
    Openapi,
    /// Measure this machine.
    #[command(subcommand, after_help = "Example: rookery bench queue --jobs 20000")]
    Bench(BenchCommand),
}

/// Options of the demo.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Address and port of the pages.
    #[arg(long, default_value = "127.0.0.1:8480")]
    pub listen: SocketAddr,
    /// Address and port of the simulated networks.
    #[arg(long, default_value = "127.0.0.1:8490")]
    pub sandbox_listen: SocketAddr,
    /// Days of numbers to collect.
    #[arg(long, default_value_t = 120)]
    pub days: u16,
    /// Prepare everything, print the address, and stop.
    #[arg(long)]
    pub exit_when_ready: bool,
}

/// Which part of the work a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Pages, API and background work.
    All,
    /// Pages and API only.
    Web,
    /// Background work only.
    Worker,
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Which part of the work this process does.
    #[arg(long, value_enum, default_value_t = Role::All)]
    pub role: Role,
}

/// `migrate …`
#[derive(Debug, Subcommand)]
pub enum MigrateCommand {
    /// Apply what is missing.
    Up {
        /// Only say what would be done.
        #[arg(long)]
        dry_run: bool,
    },
    /// Take back the newest migrations.
    Down {
        /// How many.
        #[arg(long, default_value_t = 1)]
        steps: usize,
    },
    /// Say which are applied.
    Status(JsonArgs),
}

/// Options of `seed`.
#[derive(Debug, Args)]
pub struct SeedArgs {
    /// The day from which all times count back, YYYY-MM-DD; today in UTC unless told.
    #[arg(long)]
    pub day: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `schema …`
#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Say what the founding documents ask for and whether it is there; exit code 1 if a thing is missing.
    Coverage(JsonArgs),
    /// Write the data model as a document.
    Docs {
        /// Only say whether the file is what would be written; exit code 1 if not.
        #[arg(long)]
        check: bool,
        /// The file.
        #[arg(long, default_value = "docs/schema.md")]
        file: PathBuf,
    },
}

/// Options of `sandbox`.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Address and port.
    #[arg(long, default_value = "127.0.0.1:8490")]
    pub listen: SocketAddr,
    /// Seed of the simulated world.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// File that keeps the world over restarts.
    #[arg(long)]
    pub state: Option<PathBuf>,
}

/// Output for programs.
#[derive(Debug, Args)]
pub struct JsonArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the file and the variables.
    Check,
    /// Print an annotated example.
    Example,
}

/// Options of `ingest`.
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// The organization's slug.
    #[arg(long)]
    pub organization: String,
    /// The day; yesterday in the organization's zone unless told.
    #[arg(long)]
    pub date: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `rebuild-rollups`.
#[derive(Debug, Args)]
pub struct RebuildRollupsArgs {
    /// The organization's slug; every organization unless told.
    #[arg(long)]
    pub organization: Option<String>,
}

/// `import …`
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Import posts from a CSV file; exit code 1 if it holds a broken row and nothing was imported.
    Csv(ImportCsvArgs),
    /// Import numbers from a network's own export; exit code 1 if it holds a broken row and nothing was stored.
    Numbers(ImportNumbersArgs),
}

/// Options of `import numbers`.
#[derive(Debug, Args)]
pub struct ImportNumbersArgs {
    /// The file as the network wrote it; docs/imports.md names what is recognized.
    pub file: PathBuf,
    /// The organization's slug.
    #[arg(long)]
    pub organization: String,
    /// Whose numbers these are: a handle or an id; the file's, or the only account of its network, unless told.
    #[arg(long)]
    pub account: Option<String>,
    /// Only say what would be stored and what stands against each row; exit code 1 if a row is broken.
    #[arg(long)]
    pub dry_run: bool,
    /// Leave broken rows out and store the others.
    #[arg(long)]
    pub skip_broken: bool,
    /// How numbers are written: point (1,234.5) or comma (1.234,5); the file decides unless told.
    #[arg(long)]
    pub numbers: Option<String>,
    /// What 03/04 is: day_first or month_first; the file decides unless told.
    #[arg(long)]
    pub dates: Option<String>,
    /// What the numbers of a row with a day cover: day (that day alone) or lifetime (everything up to its end).
    #[arg(long)]
    pub covers: Option<String>,
    /// The day at whose end totals without a day were true; yesterday unless told.
    #[arg(long)]
    pub as_of: Option<String>,
    /// What a column holds, such as `--column "Boosts=shares"`; nothing after the sign is a column that is not read.
    #[arg(long = "column", value_name = "HEADING=FIELD")]
    pub columns: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `import csv`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct ImportCsvArgs {
    /// The file; docs/bulk.md names its columns.
    pub file: PathBuf,
    /// The organization's slug.
    #[arg(long)]
    pub organization: String,
    /// Only say what would be imported and what stands against each row; exit code 1 if a row is broken.
    #[arg(long)]
    pub dry_run: bool,
    /// Leave broken rows out and import the others.
    #[arg(long)]
    pub skip_broken: bool,
    /// Make drafts of all rows, whatever time they name.
    #[arg(long)]
    pub as_drafts: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The organization's slug.
    #[arg(long)]
    pub organization: String,
    /// The folder for the files, one per table; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// csv or jsonl (JSON lines).
    #[arg(long, default_value = "jsonl")]
    pub format: String,
    /// Only these tables.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
}

/// `archive …`
#[derive(Debug, Subcommand)]
pub enum ArchiveCommand {
    /// Archive what is past its time, and take it out of its tables; exit code 1 if something went wrong.
    Run {
        /// Only count.
        #[arg(long)]
        dry_run: bool,
        /// Only this organization (its slug).
        #[arg(long)]
        organization: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the archives.
    List(JsonArgs),
    /// Hash and count all files again; exit code 1 if one is damaged.
    Verify(JsonArgs),
    /// Load an archive into a read-only table of the schema `restored`.
    Restore {
        /// The archive's id, as `rookery archive list` shows it.
        id: String,
    },
}

/// `jobs …`
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Figures per queue.
    Stats(JsonArgs),
    /// List jobs, newest first.
    List {
        /// Only this queue.
        #[arg(long)]
        queue: Option<String>,
        /// Only this state: scheduled, queued, running, succeeded, failed, cancelled.
        #[arg(long)]
        state: Option<String>,
        /// How many, 1 to 100.
        #[arg(long, default_value_t = 20)]
        limit: u16,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Put a failed job back in its queue.
    Retry {
        /// The job's id; without it all failed jobs of --queue.
        id: Option<String>,
        /// All failed jobs of this queue.
        #[arg(long, required_unless_present = "id")]
        queue: Option<String>,
    },
    /// Stop claiming jobs of a queue.
    Pause {
        /// The queue.
        queue: String,
    },
    /// Claim jobs of a queue again.
    Resume {
        /// The queue.
        queue: String,
    },
}

/// `publishing …`
#[derive(Debug, Subcommand)]
pub enum PublishingCommand {
    /// Stop: nothing leaves, of no organization.
    Pause {
        /// Why, shown to everybody.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Go on; what became due meanwhile leaves at once.
    Resume,
    /// Whether it is stopped, and what is overdue.
    Status(JsonArgs),
}

/// `keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make the key file if there is none.
    Generate,
    /// Put a new key first; new values are encrypted with it, old ones stay readable.
    Rotate,
}

/// `user …`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a person; the password is read from standard input.
    Create {
        /// Sign-in address.
        #[arg(long)]
        email: String,
        /// Full name.
        #[arg(long)]
        name: String,
        /// Also create this organization.
        #[arg(long)]
        organization: Option<String>,
    },
}

/// `token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create an API key; it is printed once.
    Create {
        /// The organization's slug.
        #[arg(long)]
        organization: String,
        /// A label.
        #[arg(long)]
        name: String,
        /// Rights; all of them unless told.
        #[arg(long, value_delimiter = ',', default_value = "posts:read,posts:write,publishing,metrics:read")]
        scopes: Vec<String>,
    },
}

/// `bench …`
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// The queue beside a bare `FOR UPDATE SKIP LOCKED` loop, in the same run.
    Queue {
        /// Jobs per run.
        #[arg(long, default_value_t = 20_000)]
        jobs: usize,
        /// Runs of each, in turn.
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Publishing while workers are killed at random and the networks misbehave; in a temporary folder.
    #[command(after_help = "Example: rookery bench crash --publications 1000 --workers 4")]
    Crash(crate::bench::CrashArgs),
    /// Many publications due in the same minute, beside the same calls without a database; in a temporary folder.
    #[command(after_help = "Example: rookery bench publish --publications 10000 --workers 8")]
    Publish(crate::bench::PublishArgs),
    /// Storing a day's numbers, beside COPY and a loop, with many rows there already; in a temporary folder.
    #[command(after_help = "Example: rookery bench ingest --existing 1000000,10000000")]
    Ingest(crate::bench::IngestArgs),
    /// Figures of many organizations, asked by several clients at once; in a temporary folder.
    #[command(after_help = "Example: rookery bench dashboard --rows 1m,10m --clients 8")]
    Dashboard(crate::bench::DashboardArgs),
    /// A worker process of one of these.
    #[command(hide = true)]
    Worker(crate::bench::WorkerArgs),
}

/// Runs a command and gives its exit code.
pub fn main(cli: Cli) -> ExitCode {
    let mut config = match load_config(&cli) {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("rookery: {errors}");
            return ExitCode::from(BAD_CONFIGURATION);
        }
    };
    // The demo prints its own story; its log goes to a file beside its data.
    let log_file = matches!(cli.command, Command::Demo(_)).then(|| config.data_dir.join("demo/rookery.log"));
    // A measurement prints its own table; what everybody's start logs would stand between its lines.
    if matches!(cli.command, Command::Bench(_)) && config.log.filter == Log::USUAL {
        "error".clone_into(&mut config.log.filter);
    }
    if let Err(e) = telemetry::init(&config.log, log_file.as_deref()) {
        eprintln!("rookery: {e:#}");
        return ExitCode::from(BAD_CONFIGURATION);
    }
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("rookery: a second TLS provider was installed");
        return ExitCode::FAILURE;
    }
    let runtime = match run_time().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("rookery: the run time cannot start: {e}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command, config)) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("rookery: {}", in_one_line(&e));
            let configuration = e.chain().any(|c| c.is::<ConfigErrors>() || c.is::<crate::wiring::BadSetup>());
            if configuration { ExitCode::from(BAD_CONFIGURATION) } else { ExitCode::FAILURE }
        }
    }
}

/// Two threads for each processor: PostgreSQL often runs on the same ones, and there a thread of ours is one among its many
/// processes. With one thread for each, answers wait for their turn (`rookery bench dashboard` on two processors, best hours:
/// 99th percentile 6.6 ms with two threads, 3.6 with four, 6.0 with eight). With more processors, or PostgreSQL elsewhere,
/// idle threads cost nothing but their stacks.
fn run_time() -> tokio::runtime::Builder {
    let threads = 2 * std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all();
    builder
}

/// The error and its causes; causes that repeat what was said are left out.
fn in_one_line(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |text, cause| match cause.to_string() {
        more if text.contains(&more) => text,
        more if text.is_empty() => more,
        more => format!("{text}: {more}"),
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place where the process's environment is read")]
fn load_config(cli: &Cli) -> Result<Config, ConfigErrors> {
    let variables: BTreeMap<String, String> = std::env::vars().collect();
    let mut config = Config::load(&Source { file: cli.config.clone(), variables })?;
    if let Some(dir) = &cli.data_dir {
        if config.key_file == config.data_dir.join("keys") {
            config.key_file = dir.join("keys");
        }
        if config.archive.dir == config.data_dir.join("archive") {
            config.archive.dir = dir.join("archive");
        }
        config.data_dir.clone_from(dir);
    }
    Ok(config)
}

async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(args) => demo::run(config, args).await,
        Command::Serve(args) => serve::run(config, args.role).await,
        Command::Migrate(command) => commands::migrate(&config, command).await,
        Command::Seed(args) => commands::seed(&config, args).await,
        Command::Schema(command) => commands::schema(&config, command).await,
        Command::Sandbox(args) => commands::sandbox(args).await,
        Command::Doctor(args) => doctor::run(&config, args.json).await,
        Command::Config(ConfigCommand::Check) => {
            println!("the configuration is usable");
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(ConfigCommand::Example) => {
            print!("{}", crate::config::example());
            Ok(ExitCode::SUCCESS)
        }
        Command::Ingest(args) => commands::ingest(&config, args).await,
        Command::RebuildRollups(args) => commands::rebuild_rollups(&config, args).await,
        Command::Import(command) => commands::import(&config, command).await,
        Command::Export(args) => commands::export(&config, args).await,
        Command::Archive(command) => commands::archive(&config, command).await,
        Command::Jobs(command) => commands::jobs(&config, command).await,
        Command::Publishing(command) => commands::publishing(&config, command).await,
        Command::Keys(command) => commands::keys(&config, &command).await,
        Command::User(command) => commands::user(&config, command).await,
        Command::Token(command) => commands::token(&config, command).await,
        Command::Openapi => {
            println!("{}", rookery_web::api::document_json());
            Ok(ExitCode::SUCCESS)
        }
        Command::Bench(command) => commands::bench(&config, command).await,
    }
}
