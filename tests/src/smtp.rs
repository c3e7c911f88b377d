//! A real SMTP server (aiosmtpd, `tools/smtp_sink.py`) that keeps every mail it acknowledged as a file of its own.
//!
//! Unlike the built-in mailbox, which names files by Message-ID, it shows a mail that was sent twice as two files.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::mail::Mailbox;

/// A running SMTP server without TLS on a port of its own; ends with this value.
#[derive(Debug)]
pub struct SmtpSink {
    child: Child,
    port: u16,
    spool: PathBuf,
}

impl SmtpSink {
    /// Starts the server with an empty spool.
    pub fn start() -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let spool =
            tempfile::Builder::new().prefix("roomkey-smtp-").tempdir().expect("a directory");
        let mut child = Command::new(tests.join(".venv/bin/python"))
            .arg(tests.join("tools/smtp_sink.py"))
            .arg(spool.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the SMTP server's Python environment (made by ./scripts/test)");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the server's port");
        let port = line.trim().parse().expect("the server's port");
        Self { child, port, spool: spool.keep() }
    }

    /// The `mail.url` that sends here.
    pub fn url(&self) -> String {
        format!("smtp+plain://127.0.0.1:{}", self.port)
    }

    /// Everything that was acknowledged.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::at(&self.spool)
    }

    /// The number of mails acknowledged so far.
    pub fn count(&self) -> usize {
        self.mailbox().count()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.spool);
    }
}
