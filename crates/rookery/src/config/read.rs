//! Reads file and environment into [`Config`], collecting every fault before giving up.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use rookery_kernel::Platform;
use rookery_mail::{BadMail, MailConfig, Mailer};
use secrecy::SecretString;
use toml::{Table, Value};

use super::{ArchiveSection, Config, Database, JobsSection, Log, MediaSection, Network, SETTINGS, Server};

/// Where the configuration comes from. The environment is passed in, so that tests own it.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// A file that must exist; otherwise `./rookery.toml` is read if it is there.
    pub file: Option<PathBuf>,
    /// The environment's variables.
    pub variables: BTreeMap<String, String>,
}

/// Every fault of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used:")?;
        self.0.iter().try_for_each(|e| write!(f, "\n  - {e}"))
    }
}

impl std::error::Error for ConfigErrors {}

struct Reader<'a> {
    table: Table,
    variables: &'a BTreeMap<String, String>,
    errors: Vec<String>,
}

pub(super) fn load(source: &Source) -> Result<Config, ConfigErrors> {
    let mut errors = Vec::new();
    let table = read_file(source.file.as_deref(), &mut errors);
    let mut reader = Reader { table, variables: &source.variables, errors };
    reader.refuse_unknown_names();
    let config = reader.config();
    if reader.errors.is_empty() { Ok(config) } else { Err(ConfigErrors(reader.errors)) }
}

fn read_file(file: Option<&Path>, errors: &mut Vec<String>) -> Table {
    let path = file.unwrap_or(Path::new("rookery.toml"));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if file.is_none() && e.kind() == std::io::ErrorKind::NotFound => return Table::new(),
        Err(e) => {
            errors.push(format!("{} cannot be read: {e}", path.display()));
            return Table::new();
        }
    };
    text.parse().unwrap_or_else(|e: toml::de::Error| {
        errors.push(format!("{} is not valid TOML: {}", path.display(), e.to_string().trim_end()));
        Table::new()
    })
}

impl Reader<'_> {
    fn refuse_unknown_names(&mut self) {
        let mut names = Vec::new();
        collect_names("", &self.table, &mut names);
        for name in names.iter().filter(|n| SETTINGS.iter().all(|s| s.path != **n)) {
            self.errors.push(format!("{name} is no setting of Rookery (see `rookery config example`)"));
        }
        let known: Vec<String> = SETTINGS.iter().map(super::Setting::variable).collect();
        for name in self.variables.keys().filter(|n| n.starts_with("ROOKERY_")) {
            // Variables of the embedded server and of the test runner have other readers.
            if !known.contains(name) && !["ROOKERY_PG_BIN", "ROOKERY_TEST_DATABASE"].contains(&name.as_str()) {
                self.errors
                    .push(format!("the variable {name} is no setting of Rookery (see `rookery config example`)"));
            }
        }
    }

    fn config(&mut self) -> Config {
        let data_dir = PathBuf::from(self.text("data_dir").unwrap_or_else(|| "./data".into()));
        let listen = self.parsed("server.listen", "an address and port such as 127.0.0.1:8480", "127.0.0.1:8480");
        let server = Server {
            listen,
            public_url: self
                .parsed_or_none("server.public_url", "an address such as https://social.example.org")
                .unwrap_or_else(|| format!("http://{listen}").parse().expect("a socket address makes an address")),
        };
        let url = self.variables.get("DATABASE_URL").filter(|u| !u.is_empty()).cloned();
        let url = self.text("database.url").or(url);
        if let Some(url) = url.as_deref().filter(|u| !u.starts_with("postgres://") && !u.starts_with("postgresql://")) {
            let scheme = url.split(':').next().unwrap_or_default();
            self.errors.push(format!("database.url: begins with {scheme:?}, but an address begins with postgres://"));
        }
        let database = Database {
            url: url.map(SecretString::from),
            connections: self.number("database.connections", 10, 1, 500),
            worker_connections: self.number("database.worker_connections", 10, 2, 500),
            publishing_connections: self.number("database.publishing_connections", 5, 1, 500),
            reading_connections: self.number("database.reading_connections", reading_connections(), 1, 500),
        };
        let key_file = self.text("security.key_file").map_or_else(|| data_dir.join("keys"), PathBuf::from);
        let jobs = JobsSection { poll_ms: u64::from(self.number("jobs.poll_ms", 1000, 50, 60_000)) };
        let media = self.media(&data_dir);
        let archive = ArchiveSection {
            dir: self.text("archive.dir").map_or_else(|| data_dir.join("archive"), PathBuf::from),
            nightly: self.parsed("archive.nightly", "`true` or `false`", "true"),
        };
        let allow_private = self.parsed("networks.allow_private", "`true` or `false`", "false");
        // A network that wants this installation registered has two settings for it.
        let has_settings = |p: &Platform| {
            SETTINGS.iter().any(|s| s.path.strip_prefix("networks.") == Some(format!("{p}.client_id").as_str()))
        };
        let networks = Platform::ALL
            .into_iter()
            .filter(has_settings)
            .map(|platform| {
                let client_id = self.text(&format!("networks.{platform}.client_id"));
                let client_secret = self.text(&format!("networks.{platform}.client_secret")).map(SecretString::from);
                if client_id.is_some() != client_secret.is_some() {
                    self.errors.push(format!(
                        "networks.{platform}: client_id and client_secret belong together; one of them is missing"
                    ));
                }
                (platform, Network { client_id, client_secret })
            })
            .collect();
        let format = self.text("log.format").unwrap_or_else(|| "text".into());
        if !["text", "json"].contains(&format.as_str()) {
            self.errors.push(format!("log.format: {format:?} is neither `text` nor `json`"));
        }
        let log = Log { json: format == "json", filter: self.text("log.filter").unwrap_or_else(|| Log::USUAL.into()) };
        if log.filter.parse::<tracing_subscriber::EnvFilter>().is_err() {
            self.errors
                .push(format!("log.filter: {:?} is not a filter such as info or info,rookery_jobs=debug", log.filter));
        }
        let mail = self.mail();
        Config { data_dir, server, database, key_file, jobs, archive, media, networks, allow_private, mail, log }
    }

    /// The mail server: sender and address belong together.
    fn mail(&mut self) -> Option<MailConfig> {
        let (from, server) = (self.text("mail.from"), self.text("mail.server"));
        let (user, password) = (self.text("mail.user"), self.text("mail.password").map(SecretString::from));
        if user.is_some() != password.is_some() {
            self.errors.push("mail: user and password belong together; one of them is missing".to_owned());
        }
        let (from, server) = match (from, server) {
            (Some(from), Some(server)) => (from, server),
            (None, None) => return None,
            _ => {
                self.errors.push("mail: from and server belong together; one of them is missing".to_owned());
                return None;
            }
        };
        let Ok(server) = server.parse() else {
            self.errors.push(BadMail::Server.to_string());
            return None;
        };
        let config = MailConfig { from, server, user, password };
        match Mailer::new(&config) {
            Ok(_) => Some(config),
            Err(why) => {
                self.errors.push(why.to_string());
                None
            }
        }
    }

    fn media(&mut self, data_dir: &Path) -> MediaSection {
        let endpoint = self.parsed_or_none("media.s3.endpoint", "an address such as https://s3.example.org");
        let region = self.text("media.s3.region").unwrap_or_else(|| "us-east-1".into());
        let bucket = self.text("media.s3.bucket");
        let (access_key, secret_key) = (self.text("media.s3.access_key"), self.text("media.s3.secret_key"));
        let s3 = match (bucket, access_key, secret_key) {
            (None, None, None) => None,
            (Some(bucket), Some(access_key), Some(secret_key)) => {
                Some(rookery_media::S3 { endpoint, region, bucket, access_key, secret_key: secret_key.into() })
            }
            _ => {
                self.errors
                    .push("media.s3: bucket, access_key and secret_key belong together; one of them is missing".into());
                None
            }
        };
        MediaSection {
            dir: self.text("media.dir").map_or_else(|| data_dir.join("media"), PathBuf::from),
            s3,
            direct_max: 1_000_000 * u64::from(self.number("media.direct_max_mb", 50, 1, 1000)),
            file_max: 1_000_000 * u64::from(self.number("media.file_max_mb", 5000, 1, 256_000)),
        }
    }

    /// The variable, else the file's value, as text.
    fn text(&mut self, path: &str) -> Option<String> {
        let variable = format!("ROOKERY_{}", path.to_ascii_uppercase().replace('.', "_"));
        if let Some(value) = self.variables.get(&variable) {
            return (!value.is_empty()).then(|| value.clone());
        }
        let (tables, key) = path.rsplit_once('.').map_or((None, path), |(t, k)| (Some(t), k));
        let mut table = &self.table;
        for name in tables.into_iter().flat_map(|t| t.split('.')) {
            table = table.get(name)?.as_table()?;
        }
        match table.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Boolean(flag) => Some(flag.to_string()),
            other => {
                let kind = other.type_str();
                self.errors.push(format!("{path}: a {kind} cannot stand here"));
                None
            }
        }
    }

    fn parsed_or_none<T: std::str::FromStr>(&mut self, path: &str, expected: &str) -> Option<T> {
        let text = self.text(path)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.errors.push(format!("{path}: {text:?} is not {expected}"));
        }
        value
    }

    fn parsed<T: std::str::FromStr>(&mut self, path: &str, expected: &str, default: &str) -> T {
        self.parsed_or_none(path, expected)
            .unwrap_or_else(|| default.parse().ok().expect("the default is written correctly"))
    }

    fn number(&mut self, path: &str, default: u32, least: u32, most: u32) -> u32 {
        let Some(text) = self.text(path) else { return default };
        match text.parse() {
            Ok(n) if (least..=most).contains(&n) => n,
            _ => {
                self.errors.push(format!("{path}: {text:?} is not a whole number from {least} to {most}"));
                default
            }
        }
    }
}

/// Three for each processor. Who finds none free waits in line, and an answer is a millisecond: with more of them PostgreSQL's
/// processes take turns on the processors, and the slowest answers become slower while the usual ones stay as they are
/// (`rookery bench dashboard` with eight clients on two processors, top content, 99th percentiles: 2.0 to 4.4 ms with six
/// connections, 2.4 to 5.9 with ten).
fn reading_connections() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(3 * processors).unwrap_or(u32::MAX).clamp(4, 30)
}

fn collect_names(prefix: &str, table: &Table, names: &mut Vec<String>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => collect_names(&path, inner, names),
            _ => names.push(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn load_text(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("rookery.toml");
        std::fs::write(&file, text).expect("written");
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        load(&Source { file: Some(file), variables })
    }

    #[test]
    fn nothing_given_means_the_defaults() {
        let config = load_text("", &[]).expect("usable");
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:8480");
        assert_eq!(config.server.public_url.as_str(), "http://127.0.0.1:8480/");
        assert!(config.database.url.is_none());
        assert_eq!(config.key_file, PathBuf::from("./data/keys"));
        assert_eq!((config.media.dir, config.media.direct_max), (PathBuf::from("./data/media"), 50_000_000));
        assert!(config.media.s3.is_none());
        assert_eq!((config.archive.dir, config.archive.nightly), (PathBuf::from("./data/archive"), true));
    }

    #[test]
    fn variables_win_over_the_file() {
        let text = "[server]\nlisten = \"0.0.0.0:80\"\n[database]\nconnections = 3";
        let variables = [("ROOKERY_SERVER_LISTEN", "127.0.0.1:9000"), ("DATABASE_URL", "postgres://u:p@h/db")];
        let config = load_text(text, &variables).expect("usable");
        assert_eq!(config.server.listen.port(), 9000);
        assert_eq!(config.database.connections, 3);
        assert_eq!(config.database.url.expect("given").expose_secret(), "postgres://u:p@h/db");
    }

    #[test]
    fn every_fault_is_listed_and_names_its_setting_but_no_secret() {
        let text = "colour = 1\n[server]\nlisten = \"here\"\n[database]\nurl = \"mysql://u:hunter2@h\"\nconnections = 0\n\
                    [networks.facebook]\nclient_id = \"1\"\n[log]\nformat = \"xml\"";
        let errors = load_text(text, &[("ROOKERY_SERVER_PORT", "1")]).expect_err("faults");
        let all = errors.to_string();
        for name in [
            "colour",
            "server.listen",
            "database.url",
            "database.connections",
            "networks.facebook",
            "log.format",
            "ROOKERY_SERVER_PORT",
        ] {
            assert!(all.contains(name), "{name} is missing in: {all}");
        }
        assert!(!all.contains("hunter2"));
    }

    #[test]
    fn a_file_that_is_missing_or_no_toml_is_named() {
        let missing = load(&Source { file: Some("/nonexistent/rookery.toml".into()), variables: BTreeMap::new() });
        assert!(missing.expect_err("missing").to_string().contains("/nonexistent/rookery.toml cannot be read"));
        assert!(load_text("[server", &[]).expect_err("broken").to_string().contains("is not valid TOML"));
    }

    #[test]
    fn the_example_uncommented_is_a_valid_configuration() {
        let example = super::super::example();
        let lines: Vec<&str> = example
            .lines()
            .filter_map(|l| {
                let setting = l.strip_prefix("# ").filter(|l| l.contains(" = ") && !l.contains("  ["));
                setting.or(l.starts_with('[').then_some(l))
            })
            .collect();
        let text = lines.join("\n");
        load_text(&text, &[]).expect("the example is usable");
        assert_eq!(text.matches(" = ").count(), SETTINGS.len());
    }
}
