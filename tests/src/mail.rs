//! The mails that the program sent, read by an independent reader (`tools/read_mail.py`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::wait::{SOON, wait_until};

/// A directory that mails arrive in as `.eml` files.
#[derive(Debug)]
pub struct Mailbox {
    dir: PathBuf,
    read: BTreeMap<PathBuf, Mail>,
}

/// One mail, as `tools/read_mail.py` understood it.
#[derive(Clone, Debug)]
pub struct Mail(Value);

impl Mailbox {
    /// The mails in `dir`, which need not exist yet.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), read: BTreeMap::new() }
    }

    /// Everything that is there now, oldest file name first.
    pub fn all(&mut self) -> Vec<Mail> {
        let mut fresh = self.files();
        fresh.retain(|path| !self.read.contains_key(path));
        if !fresh.is_empty() {
            let mails = read(&fresh);
            self.read.extend(fresh.into_iter().zip(mails));
        }
        self.read.values().cloned().collect()
    }

    /// How many mails are there now.
    pub fn count(&self) -> usize {
        self.files().len()
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten();
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect();
        files.sort();
        files
    }

    /// Waits until there is a mail that `matches`, and gives it.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, matches: impl Fn(&Mail) -> bool) -> Mail {
        wait_until(what, SOON, || self.all().into_iter().find(&matches))
    }

    /// Waits for a mail to `address` with the calendar method (empty: without a calendar part).
    #[track_caller]
    pub fn wait_for_invite(&mut self, address: &str, method: &str) -> Mail {
        let what = format!("a {method} mail to {address}");
        self.wait_for(&what, |mail| mail.is_to(address) && mail.calendar("method") == method)
    }
}

impl Mail {
    /// Whether the mail goes to exactly this address.
    pub fn is_to(&self, address: &str) -> bool {
        self.0["to"] == serde_json::json!([address])
    }

    /// One text of the reader's answer, such as `subject`, `text`, `html`, `message_id`.
    pub fn part(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    /// One text of the calendar part, such as `method`, `uid`, `start`, `location`.
    pub fn calendar(&self, name: &str) -> &str {
        self.0["calendar"][name].as_str().unwrap_or_default()
    }

    /// The calendar part's SEQUENCE.
    #[track_caller]
    pub fn sequence(&self) -> i64 {
        self.0["calendar"]["sequence"].as_i64().expect("a SEQUENCE")
    }

    /// The whole answer of the reader.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The names of all headers of the mail itself, in lower case and order.
    pub fn header_names(&self) -> Vec<String> {
        let headers = self.0["headers"].as_array().cloned().unwrap_or_default();
        headers.iter().map(|header| header[0].as_str().unwrap_or_default().to_lowercase()).collect()
    }

    /// All values of one header (name in lower case).
    pub fn header(&self, name: &str) -> Vec<String> {
        let headers = self.0["headers"].as_array().cloned().unwrap_or_default();
        headers
            .iter()
            .filter(|header| header[0].as_str().is_some_and(|each| each.eq_ignore_ascii_case(name)))
            .map(|header| header[1].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The first link in the text part whose target contains `part`.
    #[track_caller]
    pub fn link(&self, part: &str) -> String {
        self.part("text")
            .split(|each: char| each.is_whitespace() || "<>()\"".contains(each))
            .find(|word| word.starts_with("http") && word.contains(part))
            .map_or_else(
                || panic!("no link with {part:?} in {}", self.part("text")),
                |word| word.trim_end_matches(['.', ',']).to_owned(),
            )
    }
}

/// A calendar file as the independent reader understands it, like the `calendar` part of a mail.
pub fn read_calendar(text: &str) -> Value {
    let file = tempfile::Builder::new().suffix(".ics").tempfile().expect("a file");
    std::fs::write(file.path(), text).expect("write the file");
    let read = read(&[file.path().to_owned()]);
    read.first().map(|calendar| calendar.0.clone()).expect("one calendar")
}

fn read(files: &[PathBuf]) -> Vec<Mail> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(tests.join(".venv/bin/python"))
        .arg(tests.join("tools/read_mail.py"))
        .args(files)
        .output()
        .expect("the mail reader's Python environment (made by ./scripts/test)");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the mail reader failed: {errors}");
    let mails: Vec<Value> = serde_json::from_slice(&output.stdout).expect("the reader's JSON");
    assert_eq!(mails.len(), files.len());
    mails.into_iter().map(Mail).collect()
}
