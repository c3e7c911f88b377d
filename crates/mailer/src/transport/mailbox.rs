use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{Failure, SendError, Stage, Transcript, TransportError};
use crate::Mail;

/// A directory of `.eml` files, one for each mail, named by its Message-ID: a mail that is sent
/// again takes its own place.
#[derive(Debug)]
pub(crate) struct MailboxDir {
    path: PathBuf,
}

impl MailboxDir {
    /// The one below `data_dir`; made if there is none.
    pub(super) fn open(data_dir: &Path) -> Result<Self, TransportError> {
        let path = data_dir.join("mailbox");
        match create_private_dir(&path) {
            Ok(()) => Ok(Self { path }),
            Err(source) => Err(TransportError::Mailbox { path, source }),
        }
    }

    pub(super) async fn write(
        &self,
        mail: &Mail,
        transcript: &mut Transcript,
    ) -> Result<(), SendError> {
        let path = self.path.join(file_name(&mail.message_id));
        transcript.note(|| format!("Writing {}", path.display()));
        let bytes = mail.bytes.clone();
        let written = tokio::task::spawn_blocking(move || write_whole(&path, &bytes)).await;
        match written.map_err(io::Error::other).flatten() {
            Ok(()) => Ok(()),
            Err(error) => Err(SendError {
                failure: Failure::Unavailable,
                stage: Stage::Mailbox,
                reply: None,
                detail: error.to_string(),
            }),
        }
    }
}

/// The Message-ID without its brackets; whatever could mean something to a file system is `_`.
fn file_name(message_id: &str) -> String {
    let id = message_id.trim_matches(['<', '>']);
    let mut name: String = id
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.@".contains(c) { c } else { '_' })
        .collect();
    name.push_str(".eml");
    name
}

/// Readers see the whole file or none, also after a crash. Mails hold room passwords, so only the
/// owner may read them.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    create_private_dir(dir)?;
    let part = path.with_extension("part");
    let mut file =
        private(OpenOptions::new().write(true).create(true).truncate(true)).open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    File::open(dir)?.sync_all()
}

#[cfg(unix)]
fn create_private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(not(unix))]
fn create_private_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(test)]
mod tests {
    use lettre::address::Envelope;

    use super::*;

    fn mail(message_id: &str, bytes: &[u8]) -> Mail {
        let to = vec!["bo@example.com".parse().unwrap()];
        Mail {
            message_id: message_id.to_owned(),
            envelope: Envelope::new(None, to).unwrap(),
            bytes: bytes.to_vec(),
        }
    }

    #[tokio::test]
    async fn a_mail_that_is_sent_again_takes_its_own_place() {
        let data = tempfile::tempdir().unwrap();
        let mailbox = MailboxDir::open(data.path()).unwrap();
        for bytes in [b"one", b"two"] {
            let mail = mail("<bk.1.0.host.booked@[::1]>", bytes);
            mailbox.write(&mail, &mut Transcript::none()).await.unwrap();
        }
        let files: Vec<_> = fs::read_dir(data.path().join("mailbox"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        let [file] = files.as_slice() else { panic!("{files:?}") };
        assert_eq!(file.file_name().unwrap(), "bk.1.0.host.booked@___1_.eml");
        assert_eq!(fs::read(file).unwrap(), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn a_mailbox_that_can_not_be_written_is_tried_again() {
        let data = tempfile::tempdir().unwrap();
        let mailbox = MailboxDir::open(data.path()).unwrap();
        fs::remove_dir(&mailbox.path).unwrap();
        fs::write(&mailbox.path, b"in the way").unwrap();
        assert!(MailboxDir::open(data.path()).is_err());
        let error = mailbox.write(&mail("<a@b>", b""), &mut Transcript::none()).await.unwrap_err();
        assert_eq!((error.failure, error.stage), (Failure::Unavailable, Stage::Mailbox));
    }
}
