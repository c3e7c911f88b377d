//! Limits on what strangers may try. Attempts are stored, so a restart forgets none; where they can
//! not be counted, nothing is allowed.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use data_encoding::HEXLOWER;
use roomkey_core::{
    random,
    time::{Instant, Minutes},
};
use roomkey_store::{StoreError, Tx};

use crate::App;

/// Who is at the other end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

impl Client {
    /// By address. IPv6 counts by /64, which is what one subscriber gets.
    pub fn new(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Too many attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; try again in {}", Minutes(.retry_after_seconds.div_ceil(60)))]
pub struct Limited {
    /// When it is worth trying again.
    pub retry_after_seconds: u32,
}

/// At most so many in so many seconds.
#[derive(Debug, Clone, Copy)]
struct Limit {
    most: u32,
    seconds: u32,
}

const QUARTER: u32 = 15 * 60;
const HOUR: u32 = 60 * 60;
const DAY: u32 = 24 * HOUR;

/// Something that is limited, with the buckets in which it counts: first whose it is, then where it
/// comes from, so that all lock them in the same order.
pub(crate) struct Attempt {
    buckets: Vec<(String, Limit)>,
    /// Of everybody together. It is counted without a lock, for which all would wait; a few too
    /// many make no difference to it.
    all: Option<(&'static str, Limit)>,
}

impl Attempt {
    /// Signing in: by account, by client, and by all clients together.
    pub(crate) fn sign_in(account: &str, client: Client) -> Self {
        let own = Self::of([
            (format!("sign-in account {account}"), 10, QUARTER),
            (format!("sign-in client {}", client.0), 50, QUARTER),
        ]);
        Self { all: Some(("sign-in", Limit { most: 1000, seconds: QUARTER })), ..own }
    }

    /// Asking for a link to choose a new password.
    pub(crate) fn forgot_password(account: &str, client: Client) -> Self {
        Self::of([
            (format!("forgot-password account {account}"), 3, HOUR),
            (format!("forgot-password client {}", client.0), 20, HOUR),
        ])
    }

    /// Guessing the token of the first run or of a reset link.
    pub(crate) fn token(client: Client) -> Self {
        Self::of([(format!("token client {}", client.0), 30, QUARTER)])
    }

    /// Booking as a customer.
    pub(crate) fn booking(email: &str, client: Client) -> Self {
        Self::of([
            (format!("booking email {email}"), 20, DAY),
            (format!("booking client {}", client.0), 60, HOUR),
        ])
    }

    /// Moving a booking as its customer, or asking for it: a mail goes to that address, and counts with its
    /// bookings.
    pub(crate) fn change(email: &str) -> Self {
        Self::of([(format!("booking email {email}"), 20, DAY)])
    }

    /// Being brought along by a customer: counts with the bookings of that address, so that nobody is sent
    /// more mails by being a guest.
    pub(crate) fn guest(email: &str) -> Self {
        Self::of([(format!("booking email {email}"), 20, DAY)])
    }

    /// Booking as a customer who is yet to show that the address is theirs: a mail goes there, and whose
    /// it is may not have asked for it. It does not count for who has shown it.
    pub(crate) fn unproven_booking(email: &str, client: Client) -> Self {
        Self::of([
            (format!("unproven booking email {email}"), 10, DAY),
            (format!("booking client {}", client.0), 60, HOUR),
        ])
    }

    fn of<const N: usize>(buckets: [(String, u32, u32); N]) -> Self {
        let limit = |(bucket, most, seconds)| (bucket, Limit { most, seconds });
        Self { buckets: buckets.into_iter().map(limit).collect(), all: None }
    }
}

impl App {
    /// Counts an attempt in this transaction, or says that there were too many.
    pub(crate) fn attempt<E>(
        &self,
        tx: &mut Tx<'_>,
        attempt: &Attempt,
        now: Instant,
    ) -> Result<(), E>
    where
        E: From<StoreError> + From<Limited>,
    {
        if !self.limits {
            return Ok(());
        }
        for (bucket, _) in &attempt.buckets {
            tx.lock_attempts(bucket)?;
        }
        let own = attempt.buckets.iter().map(|(bucket, limit)| (bucket.as_str(), limit));
        let all = attempt.all.as_ref().map(|(bucket, limit)| (*bucket, limit));
        let buckets: Vec<_> = own.chain(all).collect();
        for (bucket, limit) in &buckets {
            let since = now.plus_micros(-i64::from(limit.seconds) * 1_000_000);
            let (count, first) = tx.count_attempts(bucket, since, now)?;
            if count >= limit.most {
                // The first of them is the first to leave the window.
                let wait = first.map_or(0, |first| first.since(since)) / 1_000_000 + 1;
                let retry_after_seconds = u32::try_from(wait).unwrap_or(1);
                return Err(Limited { retry_after_seconds }.into());
            }
        }
        for (bucket, _) in &buckets {
            let id = HEXLOWER.encode(&random::bytes::<16>(&*self.entropy));
            tx.record_attempt(&id, bucket, now)?;
        }
        Ok(())
    }

    /// Forgets the attempts on an account whose owner got in.
    pub(crate) fn forgive(tx: &mut Tx<'_>, account: &str) -> Result<(), StoreError> {
        tx.clear_attempts(&format!("sign-in account {account}"))
    }
}
