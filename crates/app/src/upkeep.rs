//! Forgetting what is over, now and then.

use roomkey_core::time::Minutes;
use roomkey_store::StoreError;

use crate::App;

impl App {
    /// Deletes expired sessions, reset links, holds, attempts and idempotency records.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_expired(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let day_ago = now.minus(Minutes(24 * 60));
        self.store.write(move |tx| tx.forget_expired(now, day_ago)).await
    }
}
