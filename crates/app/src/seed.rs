//! A large data set that is the same every time, for benchmarks.

use roomkey_core::{
    account::Role,
    availability::{WeeklyHours, parse_weekly},
    booking::{BookingRequest, Side},
    event_type::{Terms, Window},
    question::Given,
    time::{Instant, Minutes, Span, TimeZone},
};
use roomkey_store::StoreError;
use sha2::{Digest, Sha256};

use crate::{AddUserError, App, BookError, EventTypeError, NewUser, Page, Wanted};

/// How much to make.
#[derive(Debug, Clone, Copy)]
pub struct Seed {
    /// Hosts `seed-SEED-1`, `seed-SEED-2`, …, each with an event type `intro` of 30 minutes.
    pub hosts: u32,
    /// Bookings in all, spread evenly over the hosts, from tomorrow on.
    pub bookings: u32,
    /// Tells one data set from another.
    pub seed: u64,
}

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeded {
    /// Hosts.
    pub hosts: u32,
    /// Bookings.
    pub bookings: u32,
}

/// The data set was not, or not wholly, made.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A host; most likely this seed is there already.
    #[error("a host could not be made: {0}")]
    Host(#[from] AddUserError),
    /// Its event type.
    #[error("an event type could not be made: {0}")]
    EventType(#[from] EventTypeError),
    /// A booking.
    #[error("a booking could not be made: {0}")]
    Book(#[from] BookError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text of the data set itself.
    #[error("the data set is wrong: {0}")]
    Text(String),
}

/// Bookings in one transaction.
const BATCH: usize = 200;
/// The bookable days of the data set; more bookings of one host than fit are refused.
const DAYS: u16 = 730;

fn text<T: std::str::FromStr>(text: &str) -> Result<T, SeedError> {
    text.parse().map_err(|_| SeedError::Text(text.to_owned()))
}

impl App {
    /// Makes the data set. Its bookings go the way of any other, but cause no mail.
    ///
    /// # Errors
    /// [`SeedError`].
    pub async fn seed(&self, seed: Seed) -> Result<Seeded, SeedError> {
        let hosts = seed.hosts.max(1);
        let mut made = 0;
        for number in 1..=hosts {
            let share = seed.bookings / hosts + u32::from(number <= seed.bookings % hosts);
            let page = self.seed_host(seed.seed, number).await?;
            made += self.seed_bookings(page, seed.seed, share).await?;
        }
        Ok(Seeded { hosts, bookings: made })
    }

    async fn seed_host(&self, seed: u64, number: u32) -> Result<Page, SeedError> {
        let handle = format!("seed-{seed}-{number}");
        let user = self
            .add_user(NewUser {
                email: text(&format!("{handle}@example.invalid"))?,
                name: text(&format!("Host {number}"))?,
                handle: text(&handle)?,
                time_zone: TimeZone::UTC,
                role: Role::Member,
                password: None,
            })
            .await?;
        let weekly: WeeklyHours = parse_weekly(&["mon-sun 00:00-24:00"])
            .map_err(|error| SeedError::Text(error.to_string()))?;
        self.set_schedule(user.id, TimeZone::UTC, weekly, None).await?;
        let mut terms = Terms::usual(text("intro")?, text("Intro call")?, text("")?, Minutes(30));
        terms.window = Window::Days(DAYS);
        self.create_event_type(user.id, terms).await?;
        Ok(Page::new(handle, "intro".to_owned()))
    }

    /// About every second free half hour from tomorrow on; which, depends on the seed.
    async fn seed_bookings(&self, page: Page, seed: u64, share: u32) -> Result<u32, SeedError> {
        let tomorrow =
            Span::lasting(self.now().plus(Minutes(24 * 60)), Minutes(u32::from(DAYS) * 24 * 60));
        let slots = self
            .slots(page.clone(), None, tomorrow)
            .await
            .map_err(|error| SeedError::Text(error.to_string()))?;
        let starts: Vec<Instant> = slots
            .slots
            .iter()
            .enumerate()
            .filter(|(i, _)| coin(seed, *i))
            .map(|(_, slot)| slot.start)
            .take(share as usize)
            .collect();
        let mut made = 0;
        for (batch, starts) in starts.chunks(BATCH).enumerate() {
            let requests = starts
                .iter()
                .enumerate()
                .map(|(i, start)| request(*start, batch * BATCH + i))
                .collect::<Result<Vec<_>, _>>()?;
            made += u32::try_from(requests.len()).unwrap_or(0);
            let (app, page) = (self.clone(), page.clone());
            self.store
                .write(move |tx| {
                    let wanted = Wanted::Page(page.clone());
                    requests.iter().try_for_each(|request| {
                        app.book_in(tx, &wanted, None, request, None, true).map(drop)
                    })
                })
                .await?;
        }
        Ok(made)
    }
}

fn request(start: Instant, number: usize) -> Result<BookingRequest, SeedError> {
    Ok(BookingRequest {
        start,
        name: text(&format!("Customer {number}"))?,
        email: text(&format!("customer-{number}@example.invalid"))?,
        time_zone: TimeZone::UTC,
        guests: Vec::new(),
        note: text("")?,
        answers: Given::default(),
        seen: None,
        by: Side::Customer,
        overrides: false,
    })
}

/// Heads or tails, the same for the same seed and number.
fn coin(seed: u64, number: usize) -> bool {
    let digest = Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update((number as u64).to_be_bytes())
        .finalize();
    digest.first().is_some_and(|byte| byte & 1 == 0)
}
