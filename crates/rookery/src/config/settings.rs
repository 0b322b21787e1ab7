//! Every setting, once: its name, its default, what it is for.

use std::fmt::Write as _;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Path in the file, such as `server.listen`.
    pub path: &'static str,
    /// The default as it is written in the file; empty where there is none.
    pub default: &'static str,
    /// An example for a setting without default.
    pub example: &'static str,
    /// What it is for.
    pub doc: &'static str,
}

const fn setting(path: &'static str, default: &'static str, example: &'static str, doc: &'static str) -> Setting {
    Setting { path, default, example, doc }
}

/// All settings, in the order of the example file.
pub const SETTINGS: &[Setting] = &[
    setting(
        "data_dir",
        "\"./data\"",
        "",
        "Folder of the embedded database, the key file and the sandbox. Created if it is missing.",
    ),
    setting("server.listen", "\"127.0.0.1:8480\"", "", "Address and port of pages and API."),
    setting(
        "server.public_url",
        "",
        "\"https://social.example.org\"",
        "The address people type, used in links and when connecting accounts. Default: http:// and server.listen.",
    ),
    setting(
        "database.url",
        "",
        "\"postgres://rookery:secret@db.example.org/rookery\"",
        "Your own PostgreSQL, 15 or newer. Without it Rookery runs a private one in data_dir. DATABASE_URL works too.",
    ),
    setting("database.connections", "10", "", "Connections for pages and API."),
    setting("database.worker_connections", "10", "", "Connections for background work."),
    setting(
        "database.publishing_connections",
        "5",
        "",
        "Connections that only publishing uses, so nothing else delays it.",
    ),
    setting(
        "database.reading_connections",
        "",
        "6",
        "Connections for the figures of pages, which write nothing and plan a statement once. Default: three for each processor, from 4 to 30.",
    ),
    setting(
        "security.key_file",
        "",
        "\"/etc/rookery/keys\"",
        "The keys that encrypt the tokens of your accounts, mode 0600. Default: `keys` in data_dir, made at the first start.",
    ),
    setting("jobs.poll_ms", "1000", "", "How often a worker looks for work if nothing wakes it, in milliseconds."),
    setting(
        "archive.dir",
        "",
        "\"/var/lib/rookery/archive\"",
        "Folder of the files of archived rows; the same for all workers. Default: `archive` in data_dir.",
    ),
    setting(
        "archive.nightly",
        "true",
        "",
        "Whether rows past their time are archived and deleted every night; `rookery archive run` does it by hand.",
    ),
    setting(
        "media.dir",
        "",
        "\"/var/lib/rookery/media\"",
        "Folder of pictures and videos; the same for all servers. Default: `media` in data_dir. Unused with S3.",
    ),
    setting("media.direct_max_mb", "50", "", "Largest file that is taken in one request, in megabytes."),
    setting("media.file_max_mb", "5000", "", "Largest file that is taken in pieces, in megabytes."),
    setting(
        "media.s3.bucket",
        "",
        "\"rookery-media\"",
        "Bucket of a storage that speaks S3's protocol. It must exist and be private. Without it files lie in media.dir.",
    ),
    setting(
        "media.s3.endpoint",
        "",
        "\"https://s3.example.org\"",
        "Address of the storage. Default: Amazon's for the region.",
    ),
    setting("media.s3.region", "\"us-east-1\"", "", "The region; storages of your own take any word."),
    setting("media.s3.access_key", "", "\"…\"", "Who asks the storage."),
    setting("media.s3.secret_key", "", "\"…\"", "The proof. Better given as a variable than written here."),
    setting(
        "networks.allow_private",
        "false",
        "",
        "Whether accounts may be on servers with private addresses: your own Mastodon server, `rookery sandbox`.",
    ),
    setting(
        "networks.facebook.client_id",
        "",
        "\"1234567890\"",
        "Id of your Meta app, needed to connect Facebook Pages by sign-in.",
    ),
    setting("networks.facebook.client_secret", "", "\"…\"", "Secret of your Meta app."),
    setting(
        "networks.instagram.client_id",
        "",
        "\"1234567890\"",
        "Id of your Instagram app (in a Meta app with Instagram login), needed to connect accounts.",
    ),
    setting("networks.instagram.client_secret", "", "\"…\"", "Secret of your Instagram app."),
    setting(
        "networks.linkedin.client_id",
        "",
        "\"78abcdefghijkl\"",
        "Id of your LinkedIn app, needed to connect members and pages.",
    ),
    setting("networks.linkedin.client_secret", "", "\"…\"", "Secret of your LinkedIn app."),
    setting(
        "networks.mastodon.client_id",
        "",
        "\"…\"",
        "Optional: a registered app; otherwise one is registered with each server.",
    ),
    setting("networks.mastodon.client_secret", "", "\"…\"", "Its secret."),
    setting(
        "networks.reddit.client_id",
        "",
        "\"aB3dE…\"",
        "Id of your Reddit app (type \"web app\"), needed to connect accounts.",
    ),
    setting("networks.reddit.client_secret", "", "\"…\"", "Secret of your Reddit app."),
    setting(
        "networks.threads.client_id",
        "",
        "\"1234567890\"",
        "Id of your Threads app (in a Meta app), needed to connect accounts.",
    ),
    setting("networks.threads.client_secret", "", "\"…\"", "Secret of your Threads app."),
    setting(
        "networks.tiktok.client_id",
        "",
        "\"aw…\"",
        "Client key of your TikTok app, needed to connect accounts of TikTok.",
    ),
    setting("networks.tiktok.client_secret", "", "\"…\"", "Client secret of your TikTok app."),
    setting(
        "networks.twitter.client_id",
        "",
        "\"…\"",
        "OAuth 2.0 client id of your X app (not its API key), needed to connect accounts of X.",
    ),
    setting("networks.twitter.client_secret", "", "\"…\"", "OAuth 2.0 client secret of your X app."),
    setting(
        "networks.youtube.client_id",
        "",
        "\"….apps.googleusercontent.com\"",
        "Id of your Google OAuth client, needed to connect YouTube channels.",
    ),
    setting("networks.youtube.client_secret", "", "\"…\"", "Secret of your Google OAuth client."),
    setting(
        "mail.from",
        "",
        "\"Rookery <reports@example.org>\"",
        "Sender of reports. Without it and mail.server nothing is sent by e-mail.",
    ),
    setting(
        "mail.server",
        "",
        "\"smtps://mail.example.org\"",
        "The mail server: smtps:// (TLS), or smtp:// (STARTTLS; without TLS on this machine only), with a port if it needs one.",
    ),
    setting("mail.user", "", "\"reports\"", "Who signs in at the mail server."),
    setting("mail.password", "", "\"…\"", "The proof. Better given as a variable than written here."),
    setting("log.format", "\"text\"", "", "`text` for people, `json` for machines."),
    setting(
        "log.filter",
        "\"info\"",
        "",
        "Which events are logged, such as `info` or `info,rookery_publishing=debug`.",
    ),
];

impl Setting {
    /// The variable that overrides it: `server.listen` is `ROOKERY_SERVER_LISTEN`.
    pub fn variable(&self) -> String {
        format!("ROOKERY_{}", self.path.to_ascii_uppercase().replace('.', "_"))
    }
}

/// The annotated example file.
pub fn example() -> String {
    let mut out = String::from(
        "# Rookery's configuration. Every line shows a default or an example; all are optional.\n\
         # Each setting can also be given as a variable, named in brackets; variables win over this file.\n\
         # Check a file with `rookery config check`.\n",
    );
    let mut section = "";
    for setting in SETTINGS {
        let (table, key) = setting.path.rsplit_once('.').unwrap_or(("", setting.path));
        if table != section {
            let _ = write!(out, "\n[{table}]");
            section = table;
        }
        let (value, word) =
            if setting.default.is_empty() { (setting.example, "example") } else { (setting.default, "default") };
        let _ = write!(out, "\n# {}  [{}, {word}]\n# {key} = {value}\n", setting.doc, setting.variable());
    }
    out
}
