//! What the slot engine costs by itself: the pure function, without database and HTTP.
//!
//! `cargo bench -p roomkey-core`; the figures and what they mean stand in docs/benchmarks.md. A host in
//! Berlin, 9 to 17 from Monday to Friday, half hours; the clocks change in the year, and elsewhere only
//! where it says so. The work is of one thread and waits for nothing, so its time is processor time.
//! Allocations are counted.
#![allow(clippy::unwrap_used, reason = "a fixture that can not be made is a bug of the benchmark")]

use std::collections::BTreeMap;

use divan::{AllocProfiler, Bencher, black_box};
use roomkey_core::{
    availability::{
        Busy, BusyElsewhere, BusyTimes, Occupant, Offer, Refusal, Schedule, Slot, WeeklyHours,
    },
    event_type::{Buffers, Terms, Window},
    ids::{ScheduleId, UserId},
    random::Entropy,
    time::{Instant, Minutes, Span, Weekday},
};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const WINTER: &str = "2026-11-30T00:00:00Z";
const DAY: Minutes = Minutes(1440);

/// A question with all its facts.
struct Question {
    schedule: Schedule,
    terms: Terms,
    busy: BusyTimes,
    seats: Option<u32>,
    now: Instant,
    range: Span,
}

/// What a host has in their calendars.
struct Facts {
    own: Vec<Busy>,
    elsewhere: Vec<BusyElsewhere>,
}

struct Zero;

impl Entropy for Zero {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn days(count: u32) -> Minutes {
    Minutes(count * DAY.0)
}

/// `count` bookings of half an hour on the minutes of the grid and as many busy times elsewhere of 40
/// minutes, both evenly over `length` from `start`: by day, by night and at weekends.
fn facts(start: Instant, length: Minutes, count: u32, buffers: Buffers) -> Facts {
    let every = length.micros() / i64::from(count.max(1));
    let half_hour = Minutes(30).micros();
    let place = |number: u32| (i64::from(number) * every) / half_hour * half_hour;
    let own = (0..count).map(|number| Busy {
        span: Span::lasting(start.plus_micros(place(number)), Minutes(30)),
        buffers,
        by: Occupant::Booking,
    });
    let elsewhere = (0..count).map(|number| BusyElsewhere {
        span: Span::lasting(start.plus_micros(place(number) + every / 2), Minutes(40)),
        calendar: 0,
    });
    Facts { own: own.collect(), elsewhere: elsewhere.collect() }
}

impl Facts {
    /// As the store's answer is handed on; every second booking is of the event type that is asked about.
    fn busy(self) -> BusyTimes {
        let counted = self.own.iter().step_by(2).map(|busy| busy.span).collect();
        BusyTimes::new(self.own).with_elsewhere(self.elsewhere).with_counted(counted)
    }
}

impl Question {
    fn new(start: &str, length: u32, facts: Facts) -> Self {
        let now = instant(start);
        let schedule = Schedule {
            id: ScheduleId::new(Instant::EPOCH, &Zero),
            owner: UserId::new(Instant::EPOCH, &Zero),
            name: "Hours".parse().unwrap(),
            is_default: true,
            time_zone: "Europe/Berlin".parse().unwrap(),
            weekly: WeeklyHours::office(),
            overrides: BTreeMap::new(),
        };
        let text = "intro";
        let mut terms = Terms::usual(
            text.parse().unwrap(),
            text.parse().unwrap(),
            text.parse().unwrap(),
            Minutes(30),
        );
        terms.window = Window::Days(365);
        Self {
            schedule,
            terms,
            busy: facts.busy(),
            seats: None,
            now,
            range: Span::lasting(now, days(length)),
        }
    }

    /// The usual question: so many days with 200 bookings and 200 busy times in them.
    fn usual(length: u32) -> Self {
        Self::new(WINTER, length, facts(instant(WINTER), days(length), 200, Buffers::default()))
    }

    fn limited(mut self, limits: &[&str]) -> Self {
        for limit in limits {
            self.terms.limits.set(limit.parse().unwrap());
        }
        self
    }

    fn ask<T>(&self, question: impl FnOnce(&Offer<'_>) -> T) -> T {
        question(&Offer {
            schedule: &self.schedule,
            time_off: &[],
            week_start: Weekday::Mon,
            terms: &self.terms,
            duration: self.terms.duration,
            seats: self.seats,
            busy: &self.busy,
            now: self.now,
        })
    }

    fn slots(&self) -> Vec<Slot> {
        self.ask(|offer| offer.slots(black_box(self.range)))
    }

    /// Measures the slots of the range, and counts them.
    fn bench(&self, bencher: Bencher<'_, '_>) {
        assert!(!self.slots().is_empty());
        bencher.counter(self.slots().len()).bench_local(|| self.slots());
    }
}

#[divan::bench(args = [30, 92, 365])]
fn slots_of_days_with_200_bookings_and_200_busy_times(bencher: Bencher<'_, '_>, length: u32) {
    Question::usual(length).bench(bencher);
}

#[divan::bench(args = [30, 92, 365])]
fn slots_of_days_with_nothing_in_them(bencher: Bencher<'_, '_>, length: u32) {
    Question::new(WINTER, length, facts(instant(WINTER), DAY, 0, Buffers::default()))
        .bench(bencher);
}

/// The store loads what lies near the range; this is what it would cost if it loaded all.
#[divan::bench(args = [200, 2_000, 20_000])]
fn slots_of_30_days_with_bookings_of_the_years_before(bencher: Bencher<'_, '_>, count: u32) {
    let now = instant(WINTER);
    let past = now.minus(days(1000));
    let mut all = facts(past, days(999), count - 200, Buffers::default());
    let near = facts(now, days(30), 200, Buffers::default());
    all.own.extend(near.own);
    all.elsewhere.extend(near.elsewhere);
    Question::new(WINTER, 30, all).bench(bencher);
}

#[divan::bench]
fn slots_of_30_days_with_buffers(bencher: Bencher<'_, '_>) {
    let buffers = Buffers { before: Minutes(10), after: Minutes(15) };
    let mut question = Question::new(WINTER, 30, facts(instant(WINTER), days(30), 200, buffers));
    question.terms.buffers = buffers;
    question.bench(bencher);
}

#[divan::bench]
fn slots_of_30_days_with_four_limits(bencher: Bencher<'_, '_>) {
    let limits =
        ["12 bookings a day", "600 minutes a day", "60 bookings a week", "240 bookings a month"];
    Question::usual(30).limited(&limits).bench(bencher);
}

#[divan::bench]
fn slots_of_30_days_with_a_clock_change(bencher: Bencher<'_, '_>) {
    const AUTUMN: &str = "2026-10-12T00:00:00Z";
    Question::new(AUTUMN, 30, facts(instant(AUTUMN), days(30), 200, Buffers::default()))
        .bench(bencher);
}

/// All bookings are sessions with seats left.
#[divan::bench]
fn slots_of_30_days_with_200_sessions(bencher: Bencher<'_, '_>) {
    let mut facts = facts(instant(WINTER), days(30), 200, Buffers::default());
    for busy in &mut facts.own {
        busy.by = Occupant::Session { seats_left: 3 };
    }
    let mut question = Question::new(WINTER, 30, facts);
    question.seats = Some(8);
    question.bench(bencher);
}

/// What a booking asks inside its transaction.
#[divan::bench]
fn verdict_of_one_offered_start(bencher: Bencher<'_, '_>) {
    let question = Question::usual(30);
    let middle = question.slots().len() / 2;
    let start = question.slots().get(middle).unwrap().start;
    bencher.bench_local(|| question.ask(|offer| offer.verdict(black_box(start))).is_ok());
}

#[divan::bench]
fn every_reason_against_one_start(bencher: Bencher<'_, '_>) {
    let question = Question::usual(30).limited(&["1 booking a day", "3 bookings a week"]);
    let start = instant("2026-12-15T12:10:00Z");
    bencher
        .bench_local(|| -> Vec<Refusal> { question.ask(|offer| offer.refusals(black_box(start))) });
}

/// The database's answer made into facts, which is not part of the other figures.
#[divan::bench]
fn facts_of_200_bookings_and_200_busy_times(bencher: Bencher<'_, '_>) {
    let start = instant(WINTER);
    bencher
        .with_inputs(|| facts(start, days(30), 200, Buffers::default()))
        .bench_local_values(Facts::busy);
}
