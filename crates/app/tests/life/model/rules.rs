//! What the hosts of an episode offer, drawn anew for each.

use roomkey_core::{
    event_type::{Buffers, Limit, Location, Measure, Period, RoomPolicy, Terms, Window},
    time::Minutes,
};

use super::chance::Chance;

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
/// Both hosts are there every day in UTC, from this hour to that.
pub(crate) const OPENS: i64 = 8 * HOUR;
pub(crate) const CLOSES: i64 = 20 * HOUR;

/// An event type as the model knows it. Lengths are in seconds.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) host: usize,
    pub(crate) slug: &'static str,
    /// The first is the usual one.
    pub(crate) durations: Vec<i64>,
    pub(crate) increment: Option<i64>,
    pub(crate) before: i64,
    pub(crate) after: i64,
    pub(crate) min_notice: i64,
    pub(crate) cancel_notice: i64,
    pub(crate) move_notice: i64,
    pub(crate) window_days: i64,
    pub(crate) most_a_day: Option<usize>,
    pub(crate) confirm_within: Option<i64>,
    pub(crate) is_in_room: bool,
    /// For how many customers at the same time, if for several.
    pub(crate) seats: Option<usize>,
    /// Whether customers show first that the address they give is theirs.
    pub(crate) asks_proof: bool,
    /// How many people a customer may bring along; where there are seats, nobody.
    pub(crate) guests: usize,
    /// How often it can be booked at once, if it can be booked repeatedly.
    pub(crate) series: Option<u32>,
    /// How long a time that becomes free is kept for who waits for one, if anybody can.
    pub(crate) waiting: Option<i64>,
    pub(crate) early: i64,
    pub(crate) grace: i64,
}

/// Host, slug, whether the host is asked, whether they meet in a room.
const EVENTS: [(usize, &str, bool, bool); 8] = [
    (0, "intro", false, true),
    (0, "asking", true, true),
    (0, "visit", false, false),
    (1, "intro", false, true),
    (1, "asking", true, false),
    (1, "class", false, true),
    (1, "lesson", false, true),
    (0, "lesson", true, true),
];

impl Rules {
    pub(crate) fn draw(chance: &mut Chance) -> Vec<Self> {
        EVENTS
            .into_iter()
            .map(|(host, slug, asks, is_in_room)| {
                let is_lesson = slug == "lesson";
                let can_wait =
                    slug == "visit" || ["intro", "class"].contains(&slug) && chance.percent(30);
                let mut one_of = |minutes: &[i64]| *chance.one_of(minutes) * MINUTE;
                let usual = one_of(&[30, 45, 60]);
                Self {
                    host,
                    slug,
                    durations: vec![usual, usual + one_of(&[15, 30])],
                    increment: Some(one_of(&[0, 15, 20])).filter(|increment| *increment > 0),
                    before: one_of(&[0, 0, 5, 15]),
                    after: one_of(&[0, 0, 10, 20]),
                    min_notice: one_of(&[0, 0, 60, 180]),
                    cancel_notice: one_of(&[0, 0, 120]),
                    move_notice: one_of(&[0, 0, 60]),
                    confirm_within: asks.then(|| one_of(&[30, 180, 1440])),
                    is_in_room,
                    seats: (slug == "class").then_some(3),
                    early: one_of(&[0, 10]),
                    grace: one_of(&[0, 15]),
                    waiting: can_wait.then(|| one_of(&[5, 30, 120])),
                    window_days: if is_lesson { 30 } else { chance.range(1, 4) },
                    asks_proof: chance.percent(if is_lesson { 40 } else { 20 }),
                    guests: if slug == "class" { 0 } else { chance.index(3) },
                    series: is_lesson.then_some(4),
                    most_a_day: (slug == "visit").then_some(chance.index(2) + 1),
                }
            })
            .collect()
    }

    pub(crate) fn terms(&self) -> Terms {
        let minutes = |seconds: i64| Minutes(u32::try_from(seconds / MINUTE).unwrap());
        let (slug, title) = (self.slug.parse().unwrap(), "A call".parse().unwrap());
        let usual = minutes(self.durations[0]);
        let mut terms = Terms::usual(slug, title, "".parse().unwrap(), usual);
        let others = self.durations[1..].iter().map(|length| minutes(*length)).collect();
        terms.set_durations(usual, others).unwrap();
        terms.grid.increment = self.increment.map(minutes);
        terms.buffers = Buffers { before: minutes(self.before), after: minutes(self.after) };
        terms.min_notice = minutes(self.min_notice);
        terms.cancel_notice = minutes(self.cancel_notice);
        terms.move_notice = minutes(self.move_notice);
        terms.window = Window::Days(u16::try_from(self.window_days).unwrap());
        if let Some(most) = self.most_a_day {
            let most = u32::try_from(most).unwrap();
            terms.limits.set(Limit { period: Period::Day, measure: Measure::Bookings, most });
        }
        terms.confirm_within = self.confirm_within.map(minutes);
        terms.email_proof = self.asks_proof;
        terms.guests = u32::try_from(self.guests).unwrap();
        terms.series = self.series;
        terms.waiting_list = self.waiting.map(minutes);
        terms.seats = self.seats.map(|seats| u32::try_from(seats).unwrap());
        if !self.is_in_room {
            terms.location = Location::parse("in_person", "Under the clock").unwrap();
        }
        let policy = terms.room;
        terms.room =
            RoomPolicy { early: minutes(self.early), grace: minutes(self.grace), ..policy };
        terms
    }
}
