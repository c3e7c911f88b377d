//! The outbox as the mail worker uses it: each call is a transaction of its own.

use roomkey_core::{ids::OutboxId, notice::Letter, time::Instant};

use crate::{Store, StoreError};

/// What waits in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// When the next mail is due, or the next claim lapses.
    pub next_due: Option<Instant>,
}

impl Store {
    /// Claims due mails for `worker` until `lapses_at`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_mail(
        &self,
        worker: &str,
        now: Instant,
        lapses_at: Instant,
        limit: u32,
    ) -> Result<Vec<Letter>, StoreError> {
        let worker = worker.to_owned();
        self.write(move |tx| tx.claim_mail(&worker, now, lapses_at, limit)).await
    }

    /// Notes that a mail has left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mail_sent(
        &self,
        id: OutboxId,
        message_id: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        let message_id = message_id.to_owned();
        self.write(move |tx| tx.mail_sent(id, &message_id, now)).await
    }

    /// Notes that a mail did not leave; `None` gives it up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mail_failed(
        &self,
        id: OutboxId,
        worker: &str,
        error: &str,
        retry_at: Option<Instant>,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (worker, error) = (worker.to_owned(), error.to_owned());
        self.write(move |tx| tx.mail_failed(id, &worker, &error, retry_at, now)).await
    }

    /// Extends a claim; says whether it is still this worker's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew_mail_claim(
        &self,
        id: OutboxId,
        worker: &str,
        lapses_at: Instant,
    ) -> Result<bool, StoreError> {
        let worker = worker.to_owned();
        self.write(move |tx| tx.renew_mail_claim(id, &worker, lapses_at)).await
    }

    /// Makes every claimed mail due at once: at the start of the only worker there is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_mail_claims(&self, now: Instant) -> Result<usize, StoreError> {
        self.write(move |tx| tx.release_mail_claims(now)).await
    }

    /// What waits.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mail_backlog(&self) -> Result<Backlog, StoreError> {
        self.read(|tx| Ok(Backlog { next_due: tx.next_mail_due()? })).await
    }
}
