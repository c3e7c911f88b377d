//! Waiting for something to become true: polling with a deadline, never a sleep for luck.

use std::time::{Duration, Instant};

/// How long anything that "happens soon" may take on a busy two-core machine before the test fails.
pub const SOON: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(15);

/// Polls `probe` until it gives a value; fails with `what` when `limit` has passed.
#[track_caller]
pub fn wait_until<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(begun.elapsed() < limit, "waited {limit:?} in vain for {what}");
        std::thread::sleep(PAUSE);
    }
}
