//! A real SMTP server (aiosmtpd, `tools/smtp_sink.py`) that keeps every mail it acknowledged as a file of its own, and
//! fails when it is told to.
//!
//! Unlike the built-in mailbox, which names files by Message-ID, it shows a mail that was sent twice as two files.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::mail::Mailbox;

/// A running SMTP server on a port of its own; ends with this value.
#[derive(Debug)]
pub struct SmtpSink {
    child: Option<Child>,
    port: u16,
    tls: Tls,
    login: Option<String>,
    spool: TempDir,
}

/// Whether and when the server encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Never.
    Plain,
    /// After STARTTLS, which it insists on.
    StartTls,
    /// From the first byte.
    Implicit,
}

impl SmtpSink {
    /// Starts a server without TLS and with an empty spool.
    pub fn start() -> Self {
        Self::with(Tls::Plain, None)
    }

    /// Starts a server with TLS, or with a `user:password` that it insists on.
    pub fn with(tls: Tls, login: Option<&str>) -> Self {
        let spool =
            tempfile::Builder::new().prefix("roomkey-smtp-").tempdir().expect("a directory");
        let mut sink = Self { child: None, port: 0, tls, login: login.map(str::to_owned), spool };
        sink.resume();
        sink
    }

    /// Starts the server again after [`stop`](Self::stop), on the same port and with the same spool.
    pub fn resume(&mut self) {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(tests.join(".venv/bin/python"));
        command.arg(tests.join("tools/smtp_sink.py")).arg(self.spool.path());
        command.args(["--port", &self.port.to_string()]);
        match self.tls {
            Tls::Plain => &mut command,
            Tls::StartTls => command.args(["--tls", "starttls"]),
            Tls::Implicit => command.args(["--tls", "smtps"]),
        };
        command.args(self.login.iter().flat_map(|login| ["--auth", login]));
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the SMTP server's Python environment (made by ./scripts/test)");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        self.child = Some(child);
        BufReader::new(stdout).read_line(&mut line).expect("the server's port");
        self.port = line.trim().parse().expect("the server's port");
    }

    /// Stops the server: connections are refused.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The `mail.url` that sends here, without user and password.
    pub fn url(&self) -> String {
        let port = self.port;
        match self.tls {
            Tls::Plain => format!("smtp+plain://127.0.0.1:{port}"),
            Tls::StartTls => format!("smtp://localhost:{port}"),
            Tls::Implicit => format!("smtps://localhost:{port}"),
        }
    }

    /// The `mail.url` that sends here as a user; `login` is percent-encoded.
    pub fn url_as(&self, login: &str) -> String {
        self.url().replace("://", &format!("://{login}@"))
    }

    /// The certificate of the authority that the server's own is from.
    pub fn ca_file(&self) -> PathBuf {
        self.spool.path().join("ca.pem")
    }

    /// Tells the server how to fail from now on; `tools/smtp_sink.py` says how faults are written.
    pub fn fail(&self, faults: &Value) {
        let part = self.spool.path().join("faults.part");
        std::fs::write(&part, faults.to_string()).expect("write the faults");
        std::fs::rename(part, self.spool.path().join("faults.json")).expect("write the faults");
    }

    /// Everything that was accepted.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::at(self.spool.path())
    }

    /// The number of mails accepted so far.
    pub fn count(&self) -> usize {
        std::fs::read_dir(self.spool.path()).map_or(0, |entries| {
            entries
                .filter_map(Result::ok)
                .filter(|entry| entry.path().extension().is_some_and(|end| end == "eml"))
                .count()
        })
    }

    /// What came so far: an object with `at` (`rcpt` or `data`), `to`, `encrypted` and `user` for each step.
    pub fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.spool.path().join("events.jsonl"));
        text.unwrap_or_default()
            .lines()
            .map(|line| serde_json::from_str(line).expect("a whole line"))
            .collect()
    }

    /// How often a mail to `address` was tried.
    pub fn tries(&self, address: &str) -> usize {
        self.events().iter().filter(|event| event["at"] == "rcpt" && event["to"] == address).count()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.stop();
    }
}
