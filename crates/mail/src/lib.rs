//! E-mail through a server of the installation's choice. Knows nothing of what it sends.
//!
//! - Without a configuration every letter is refused with a sentence that says what to set.
//! - A server elsewhere is spoken to over TLS only; one on this machine may be without.
//! - An error tells whether another try can help.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

type Smtp = AsyncSmtpTransport<Tokio1Executor>;

/// Longest wait for the server.
const PATIENCE: Duration = Duration::from_secs(30);

/// How letters leave.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// The sender, `Name <address>` or the address alone.
    pub from: String,
    /// `smtps://host` (TLS from the start) or `smtp://host` (STARTTLS; plain on this machine only), with a port if it is
    /// another than the usual one.
    pub server: Url,
    /// Who signs in; `None` is nobody.
    pub user: Option<String>,
    /// The proof.
    pub password: Option<SecretString>,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMail {
    /// The sender is no address.
    #[error("mail.from: {0:?} is no e-mail address")]
    From(String),
    /// The server's address is none.
    #[error("mail.server: this is no address such as smtps://mail.example.org or smtp://localhost:2525")]
    Server,
}

/// A letter was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Nobody said how letters leave.
    #[error("mail is not configured; set mail.from and mail.server")]
    NotConfigured,
    /// The recipient's address is none.
    #[error("{0:?} is no e-mail address")]
    Address(String),
    /// The server refused it for good.
    #[error("the mail server refused it: {0}")]
    Refused(String),
    /// The server cannot now, or cannot be reached.
    #[error("the mail server cannot take it now: {0}")]
    Later(String),
}

impl MailError {
    /// Whether another try can help.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Later(_))
    }
}

/// What is sent to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same for every try of the same letter, so that servers can recognize it.
    pub id: String,
    /// To whom.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// The words.
    pub text: String,
    /// A file with it: name and content (HTML).
    pub html_file: Option<(String, String)>,
}

/// Sends letters. Cheap to clone.
#[derive(Clone, Default)]
pub struct Mailer(Option<Arc<Inner>>);

struct Inner {
    from: Mailbox,
    transport: Smtp,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("is_configured", &self.is_configured()).finish()
    }
}

fn is_here(server: &Url) -> bool {
    match server.host() {
        // The scheme is none of the web's: such addresses keep their hosts as they are written.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whether a text is an address that a letter can go to.
pub fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}

impl Mailer {
    /// Refuses every letter: nobody said how they leave.
    pub fn off() -> Self {
        Self::default()
    }

    /// Through a server. Nothing is connected yet.
    ///
    /// # Errors
    /// [`BadMail`] names the setting.
    pub fn new(config: &MailConfig) -> Result<Self, BadMail> {
        let from: Mailbox = config.from.parse().map_err(|_| BadMail::From(config.from.clone()))?;
        let server = &config.server;
        let fits =
            matches!(server.scheme(), "smtp" | "smtps") && server.username().is_empty() && server.query().is_none();
        let host = server.host_str().filter(|host| fits && !host.is_empty()).ok_or(BadMail::Server)?;
        let mut builder = match (server.scheme(), is_here(server)) {
            ("smtps", _) => Smtp::relay(host).map_err(|_| BadMail::Server)?,
            (_, true) => Smtp::builder_dangerous(host),
            (_, false) => Smtp::starttls_relay(host).map_err(|_| BadMail::Server)?,
        };
        if let Some(port) = server.port() {
            builder = builder.port(port);
        }
        if let Some(user) = &config.user {
            let password = config.password.as_ref().map_or("", |p| p.expose_secret());
            builder = builder.credentials(Credentials::new(user.clone(), password.to_owned()));
        }
        let transport = builder.timeout(Some(PATIENCE)).build();
        Ok(Self(Some(Arc::new(Inner { from, transport }))))
    }

    /// Whether letters can leave at all.
    pub const fn is_configured(&self) -> bool {
        self.0.is_some()
    }

    /// Hands a letter to the server. When this returns, the server has it.
    ///
    /// # Errors
    /// [`MailError`]; after `Later` the server may have it all the same, if the line broke after the last word.
    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let inner = self.0.as_ref().ok_or(MailError::NotConfigured)?;
        let to: Mailbox = letter.to.parse().map_err(|_| MailError::Address(letter.to.clone()))?;
        let domain = inner.from.email.domain();
        // A line break in a subject would begin another header; the library would refuse it.
        let subject = letter.subject.split_whitespace().collect::<Vec<_>>().join(" ");
        let builder = Message::builder()
            .from(inner.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{}@{domain}>", letter.id)));
        let body = SinglePart::plain(letter.text.clone());
        let message = match &letter.html_file {
            None => builder.singlepart(body),
            Some((name, html)) => {
                let file = Attachment::new(name.clone()).body(html.clone(), ContentType::TEXT_HTML);
                builder.multipart(MultiPart::mixed().singlepart(body).singlepart(file))
            }
        };
        let message = message.map_err(|e| MailError::Refused(e.to_string()))?;
        inner.transport.send(message).await.map_err(|error| {
            let words: String = error.to_string().chars().take(300).collect();
            if error.is_permanent() { MailError::Refused(words) } else { MailError::Later(words) }
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_testkit::SmtpServer;

    fn config(server: &str) -> MailConfig {
        MailConfig {
            from: "Rookery <reports@fieldwork.example>".to_owned(),
            server: server.parse().expect("an address"),
            user: None,
            password: None,
        }
    }

    fn letter(to: &str) -> Letter {
        Letter {
            id: "1.0".to_owned(),
            to: to.to_owned(),
            subject: "Größe\nof the tide".to_owned(),
            text: "Hello.\n.\nA dot alone is text.\n".to_owned(),
            html_file: Some(("report.html".to_owned(), "<p>ü</p>".to_owned())),
        }
    }

    #[tokio::test]
    async fn a_letter_arrives_with_its_file_and_a_refusal_is_told_from_a_delay() {
        let server = SmtpServer::start().await;
        let mailer = Mailer::new(&config(&server.url())).expect("a mailer");
        mailer.send(&letter("ann@example.org")).await.expect("sent");
        let got = server.letters();
        assert_eq!(
            (got.len(), got[0].to.as_str(), got[0].from.as_str()),
            (1, "ann@example.org", "reports@fieldwork.example")
        );
        assert!(got[0].text.contains("Message-ID: <1.0@fieldwork.example>"), "{}", got[0].text);
        assert!(got[0].text.contains("report.html") && got[0].text.contains("A dot alone is text."), "{}", got[0].text);
        server.refuse("bob@example.org");
        let refused = mailer.send(&letter("bob@example.org")).await.expect_err("refused");
        assert!(!refused.is_temporary(), "{refused}");
        server.defer(1);
        let later = mailer.send(&letter("ann@example.org")).await.expect_err("deferred");
        assert!(later.is_temporary(), "{later}");
        mailer.send(&letter("ann@example.org")).await.expect("sent now");
        let gone = Mailer::new(&config("smtp://127.0.0.1:1")).expect("a mailer");
        assert!(gone.send(&letter("ann@example.org")).await.expect_err("nobody there").is_temporary());
        assert_eq!(Mailer::off().send(&letter("ann@example.org")).await, Err(MailError::NotConfigured));
        assert_eq!(mailer.send(&letter("nobody")).await, Err(MailError::Address("nobody".to_owned())));
    }

    #[test]
    fn a_configuration_that_cannot_be_used_names_its_setting() {
        let bad = |server: &str| Mailer::new(&config(server)).err();
        assert_eq!(bad("https://mail.example.org"), Some(BadMail::Server));
        assert_eq!(bad("smtp://user@mail.example.org"), Some(BadMail::Server));
        assert!(bad("smtp://mail.example.org:587").is_none());
        assert!(bad("smtps://mail.example.org").is_none());
        let from = MailConfig { from: "nobody".to_owned(), ..config("smtp://localhost:2525") };
        assert_eq!(Mailer::new(&from).err(), Some(BadMail::From("nobody".to_owned())));
        assert!(is_address("a@b.example") && !is_address("a b@c") && !is_address("a@b.example\nBcc: x@y.example"));
    }
}
