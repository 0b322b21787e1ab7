//! A mail server of a test: speaks enough of SMTP (RFC 5321) to take letters, to refuse them and to ask for patience.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A letter that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpLetter {
    /// Who sent it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Headers and body as they came, without the doubled dots.
    pub text: String,
}

#[derive(Debug, Default)]
struct State {
    letters: Vec<SmtpLetter>,
    refused: BTreeSet<String>,
    deferred: usize,
}

/// The server; it ends with the value.
#[derive(Debug)]
pub struct SmtpServer {
    port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SmtpServer {
    /// Listens on a port of this machine.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    // A client that goes away in the middle is its own business.
                    let _ = talk(stream, &shared).await;
                });
            }
        });
        Self { port, state, task }
    }

    /// Its address for a configuration.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// What arrived so far.
    pub fn letters(&self) -> Vec<SmtpLetter> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).letters.clone()
    }

    /// From now on nothing is taken for this address.
    pub fn refuse(&self, address: &str) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).refused.insert(address.to_owned());
    }

    /// The next so many letters are to come again later.
    pub fn defer(&self, letters: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).deferred = letters;
    }
}

/// The address between `<` and `>`.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

async fn talk(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test ESMTP\r\n").await?;
    let (mut from, mut to) = (String::new(), Vec::new());
    while let Some(line) = lines.next_line().await? {
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n",
            "HELO" | "RSET" | "NOOP" => "250 ok\r\n",
            "AUTH" => "235 welcome\r\n",
            "MAIL" => {
                (from, to) = (address(&line), Vec::new());
                "250 ok\r\n"
            }
            "RCPT" => {
                let who = address(&line);
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                if state.refused.contains(&who) {
                    "550 no such mailbox\r\n"
                } else if state.deferred > 0 {
                    state.deferred -= 1;
                    "451 come again later\r\n"
                } else {
                    to.push(who);
                    "250 ok\r\n"
                }
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                let letters = to.drain(..).map(|to| SmtpLetter { from: from.clone(), to, text: text.clone() });
                state.letters.extend(letters);
                "250 taken\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 not here\r\n",
        };
        write.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
