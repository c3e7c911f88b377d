//! The real clock and the real dice: their one home.

use std::time::{SystemTime, UNIX_EPOCH};

use roomkey_core::{
    random::Entropy,
    time::{Clock, Instant},
};

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The system's random numbers.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// If the system has none: no key may be made without them. Linux and every other system that
    /// we build for has them from boot on.
    #[allow(clippy::panic, reason = "going on without randomness would be worse than stopping")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the system has no random numbers: {error}");
        }
    }
}
