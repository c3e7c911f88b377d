//! How often somebody came with a wrong token, by where they come from.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use roomkey_app::Client;

/// How long failures are counted together.
const MINUTE: Duration = Duration::from_mins(1);
/// Failures in a minute until one is told to wait.
const MOST: u32 = 100;
/// Sources that are told apart; with more, the others count as one.
const SOURCES: usize = 4096;

/// Failed authentications of the last minute. In memory: to write each down would be work that anybody could make us
/// do.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<HashMap<Option<Client>, Count>>);

#[derive(Debug, Clone, Copy)]
struct Count {
    since: Instant,
    failures: u32,
}

impl Failures {
    /// Counts one more at `now`; says how many seconds to wait if they are too many.
    pub(crate) fn count(&self, client: Option<Client>, now: Instant) -> Option<u64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |count: &Count| now.saturating_duration_since(count.since) < MINUTE;
        if counts.len() >= SOURCES && !counts.contains_key(&client) {
            counts.retain(|_, count| is_recent(count));
        }
        let client = client.filter(|_| counts.len() < SOURCES || counts.contains_key(&client));
        let count = counts.entry(client).or_insert(Count { since: now, failures: 0 });
        if !is_recent(count) {
            *count = Count { since: now, failures: 0 };
        }
        count.failures = count.failures.saturating_add(1);
        let left = MINUTE.saturating_sub(now.saturating_duration_since(count.since));
        (count.failures > MOST).then(|| left.as_secs() + 1)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn client(address: &str) -> Client {
        Client::new(address.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn each_source_has_its_own_minute() {
        let (failures, begun) = (Failures::default(), Instant::now());
        let (one, other) = (Some(client("192.0.2.1")), Some(client("192.0.2.2")));
        for _ in 0..MOST {
            assert_eq!(failures.count(one, begun), None);
        }
        assert_eq!(failures.count(one, begun), Some(61));
        assert_eq!(failures.count(one, begun + MINUTE / 2), Some(31));
        assert_eq!(failures.count(other, begun), None);
        assert_eq!(failures.count(one, begun + MINUTE), None, "a minute later it begins anew");
    }

    #[test]
    fn many_sources_take_no_more_room() {
        let (failures, begun) = (Failures::default(), Instant::now());
        let source = |n: u32| Some(Client::new(IpAddr::from(n.to_be_bytes())));
        for n in 0..20_000 {
            failures.count(source(n), begun);
        }
        let held = || failures.0.lock().unwrap().len();
        assert_eq!(held(), SOURCES + 1, "and one for all others");
        assert!(failures.count(source(30_000), begun).is_some(), "who count together");
        assert_eq!(failures.count(source(30_000), begun + MINUTE), None);
        assert_eq!(held(), 1, "what is over is forgotten");
    }
}
