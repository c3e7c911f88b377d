//! A flood of bookings turns on the proof of addresses by itself, for a while.

use data_encoding::HEXLOWER;
use roomkey_core::{
    account::User,
    random,
    time::{Instant, Minutes},
};
use roomkey_store::{StoreError, Tx};

use crate::App;

/// So many bookings of one host by people who have shown nothing, within [`WINDOW`], are a flood.
const FLOOD: u32 = 30;
/// In which they are counted, and how long a flood is met.
const WINDOW: Minutes = Minutes(60);

impl App {
    /// Whether a host is flooded with bookings, of which one more is to be made. The caller has locked
    /// the host.
    pub(crate) fn is_flooded(
        &self,
        tx: &mut Tx<'_>,
        host: &User,
        now: Instant,
    ) -> Result<bool, StoreError> {
        if !self.limits {
            return Ok(false);
        }
        let (bookings, floods) =
            (format!("flood bookings {}", host.id), format!("flood {}", host.id));
        let since = now.minus(WINDOW);
        let record = |tx: &mut Tx<'_>, bucket: &str| {
            let id = HEXLOWER.encode(&random::bytes::<16>(self.entropy()));
            tx.record_attempt(&id, bucket, now)
        };
        record(tx, &bookings)?;
        if tx.count_attempts(&floods, since, now)?.0 > 0 {
            return Ok(true);
        }
        if tx.count_attempts(&bookings, since, now)?.0 <= FLOOD {
            return Ok(false);
        }
        record(tx, &floods)?;
        tracing::warn!(
            host = host.handle.as_str(),
            bookings = FLOOD,
            "many bookings within an hour: for an hour, customers show first that their address is \
             theirs"
        );
        Ok(true)
    }
}
