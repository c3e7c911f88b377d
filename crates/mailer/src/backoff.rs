//! When a mail that did not leave is tried again.

use roomkey_core::{
    random::{self, Entropy},
    time::Instant,
};

use crate::transport::Failure;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
/// A mail that could not be sent for so long is given up.
const PATIENCE: i64 = 5 * 24 * 60 * MINUTE;

/// The next try after the `failures`-th failure in a row; `None` gives the mail up.
///
/// The first tries come quickly, so that a relay's restart or a short greylisting delays a mail by
/// seconds; then the pauses double up to an hour. While the relay itself is away they stay at a
/// minute: the mail is not to blame, and it should leave soon after the relay is back. A relay that
/// will not serve us is asked as seldom as any other: who asks it every minute for days with a wrong
/// password is soon locked out.
pub(crate) fn next_try(
    failure: Failure,
    failures: u32,
    queued_at: Instant,
    now: Instant,
    entropy: &dyn Entropy,
) -> Option<Instant> {
    if failure == Failure::Refused || now.since(queued_at) >= PATIENCE {
        return None;
    }
    let pause = match failures {
        0 | 1 => 5 * SECOND,
        2 => 30 * SECOND,
        _ if failure == Failure::Unavailable => MINUTE,
        _ => MINUTE << (failures - 3).min(6),
    };
    Some(now.plus_micros(jittered(pause.min(60 * MINUTE), entropy)))
}

/// Up to a fifth more or less, so that mails that failed together do not come back together.
fn jittered(pause: i64, entropy: &dyn Entropy) -> i64 {
    let share = i64::from(u16::from_be_bytes(random::bytes(entropy)));
    let most = pause / 5;
    pause - most + 2 * most * share / i64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(u8);

    impl Entropy for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    const START: Instant = Instant::EPOCH;

    fn pause(failure: Failure, failures: u32, chance: u8) -> Option<i64> {
        next_try(failure, failures, START, START, &Always(chance))
            .map(|at| at.since(START) / SECOND)
    }

    #[test]
    fn the_pauses_of_a_mail_that_is_deferred_or_of_a_sender_who_is_unwelcome() {
        let expected = [5, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600];
        for failure in [Failure::Deferred, Failure::Unwelcome] {
            for (failures, expected) in (1..).zip(expected) {
                let pause = pause(failure, failures, 0x7f).unwrap();
                assert!((expected - pause).abs() <= 1 + expected / 100, "{pause} for {expected}");
            }
        }
        assert_eq!(pause(Failure::Deferred, u32::MAX, 0xff), Some(4320));
    }

    #[test]
    fn while_the_relay_is_away_a_mail_is_tried_each_minute() {
        assert_eq!(pause(Failure::Unavailable, 1, 0xff), Some(6));
        assert_eq!(pause(Failure::Unavailable, 50, 0xff), Some(72));
        assert_eq!(pause(Failure::Unavailable, 50, 0), Some(48));
    }

    #[test]
    fn what_is_given_up() {
        assert_eq!(pause(Failure::Refused, 1, 0), None);
        let late = START.plus_micros(PATIENCE);
        assert_eq!(next_try(Failure::Unavailable, 9, START, late, &Always(0)), None);
        let just = late.plus_micros(-1);
        assert!(next_try(Failure::Unavailable, 9, START, just, &Always(0)).is_some());
    }
}
