//! Which process sends the mail of an SQLite file: the one that holds a lock beside it.

use std::fs::{File, TryLockError};

use crate::{Store, file::private};

/// Held, no other process sends mail from the same SQLite file. The kernel lets go of it when the
/// process ends, however it ends.
#[derive(Debug)]
pub struct WorkerLock(#[allow(dead_code, reason = "held, not used")] Option<File>);

impl Store {
    /// Takes the lock, if no other process holds it. PostgreSQL needs none: there, workers share.
    ///
    /// # Errors
    /// The lock file can not be made.
    pub fn try_lock_worker(&self) -> Result<Option<WorkerLock>, std::io::Error> {
        let Some(path) = self.url().sqlite_path() else { return Ok(Some(WorkerLock(None))) };
        let mut name = path.as_os_str().to_owned();
        name.push(".worker-lock");
        let file = private().open(name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(WorkerLock(Some(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
