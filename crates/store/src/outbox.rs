//! The outbox as the mail worker uses it: each call is a transaction of its own.

use roomkey_core::{ids::OutboxId, notice::Letter, time::Instant};

use crate::{Store, StoreError};

impl Store {
    /// Claims due mails for `worker`, for `lease` microseconds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_mail(
        &self,
        worker: &str,
        now: Instant,
        lease: i64,
        limit: u32,
    ) -> Result<Vec<Letter>, StoreError> {
        let worker = worker.to_owned();
        self.write(move |tx| tx.claim_mail(&worker, now, lease, limit)).await
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

    /// Makes a claim last `lease` microseconds from now; says whether it is still this worker's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew_mail_claim(
        &self,
        id: OutboxId,
        worker: &str,
        now: Instant,
        lease: i64,
    ) -> Result<bool, StoreError> {
        let worker = worker.to_owned();
        self.write(move |tx| tx.renew_mail_claim(id, &worker, now, lease)).await
    }

    /// Makes every claimed mail due at once: at the start of the only worker there is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_mail_claims(&self) -> Result<usize, StoreError> {
        self.write(|tx| tx.release_mail_claims()).await
    }

    /// When the next mail is due, if one waits: at once, also where a claim has lapsed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_mail_due(&self, now: Instant) -> Result<Option<Instant>, StoreError> {
        self.read(move |tx| tx.next_mail_due(now)).await
    }

    /// How many mails have not left and are not given up, and when the oldest was queued.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mail_waiting(&self) -> Result<(i64, Option<Instant>), StoreError> {
        self.read(|tx| tx.mail_waiting()).await
    }
}
