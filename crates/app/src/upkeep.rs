//! Forgetting what is over, now and then.

use roomkey_core::time::Minutes;
use roomkey_store::StoreError;

use crate::App;

impl App {
    /// Deletes expired sessions, reset links, holds, attempts and idempotency records, and entries of waiting lists
    /// that have been over for a month.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_expired(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let day_ago = now.minus(Minutes(24 * 60));
        let month_ago = now.minus(Minutes(30 * 24 * 60));
        self.store
            .write(move |tx| {
                Ok(tx.forget_expired(now, day_ago)? + tx.forget_waiting_entries(month_ago)?)
            })
            .await
    }
}
