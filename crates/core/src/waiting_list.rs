//! Waiting lists: who waits for a time that others have, and who is offered one that has become free.
//!
//! The first in line whom a free time suits is offered it, and it is kept for them until the offer lapses, by the
//! clock alone. Who lets it lapse leaves the line, and the next is offered it.

use std::str::FromStr;

use crate::{
    availability::Slot,
    event_type::Terms,
    ids::{EventTypeId, UserId, WaitingEntryId},
    text::{EmailAddress, PersonName},
    time::{Instant, LocalDate, Minutes, Span, TimeZone},
};

/// An entry lasts so long at most, whatever it waits for.
const LONGEST: Minutes = Minutes(180 * 24 * 60);
/// Nobody is offered a time that they could book for less than this.
const SHORTEST_OFFER: Minutes = Minutes(5);
/// An entry whose address nobody has shown to be theirs keeps others of that address away so long.
const UNPROVEN_LASTS: Minutes = Minutes(24 * 60);

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// How long the booking is to be.
    pub duration: Minutes,
    /// On which date of the schedule's zone; on any, if it does not say.
    pub day: Option<LocalDate>,
    /// The last date of the schedule's zone that suits, where any day does.
    pub until: Option<LocalDate>,
}

/// Nobody can wait for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongWish {
    /// The day is over, or no longer or not yet bookable.
    #[error("choose a day from today to {last}")]
    Day {
        /// The last that can be booked.
        last: LocalDate,
    },
    /// The last date is over.
    #[error("choose a day that is still to come")]
    Until,
}

impl Wish {
    /// Checks it against today, and the last date that can be booked, both in the schedule's zone.
    ///
    /// # Errors
    /// [`WrongWish`].
    pub fn check(self, today: LocalDate, last: LocalDate) -> Result<Self, WrongWish> {
        match (self.day, self.until) {
            (Some(day), _) if day < today || day > last => Err(WrongWish::Day { last }),
            (Some(_), _) => Ok(Self { until: None, ..self }),
            (None, Some(until)) if until < today => Err(WrongWish::Until),
            (None, _) => Ok(self),
        }
    }

    /// When times start that suit, for somebody who joined then.
    pub fn span(&self, zone: TimeZone, joined_at: Instant) -> Span {
        let longest = joined_at.plus(LONGEST);
        let after = |date: LocalDate| date.succ_opt().map_or(longest, |next| zone.start_of(next));
        match (self.day, self.until) {
            (Some(day), _) => Span { start: zone.start_of(day), end: after(day) },
            (None, until) => {
                Span { start: joined_at, end: until.map_or(longest, after).min(longest) }
            }
        }
    }
}

/// A time that is kept for somebody in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offered {
    /// From when to when the booking would be.
    pub span: Span,
    /// From that instant on it is kept no longer.
    pub until: Instant,
}

/// Where an entry is in its life. The last three are its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In line, or about to be, as soon as the address is shown to be theirs.
    Waiting,
    /// A time is kept for them.
    Offered(Offered),
    /// They have booked.
    Booked,
    /// They, or the host, took them out of the line.
    Left,
    /// They did not take the time that they were offered.
    Lapsed,
}

impl State {
    /// Its name in the database, commands and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered(_) => "offered",
            Self::Booked => "booked",
            Self::Left => "left",
            Self::Lapsed => "lapsed",
        }
    }

    /// Whether nothing comes after it.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Booked | Self::Left | Self::Lapsed)
    }

    /// Reads a name, with what was offered, which one state has.
    ///
    /// # Errors
    /// [`UnknownState`].
    pub fn parse(name: &str, offered: Option<Offered>) -> Result<Self, UnknownState> {
        match (name.parse()?, offered) {
            (Name::Waiting, _) => Ok(Self::Waiting),
            (Name::Offered, Some(offered)) => Ok(Self::Offered(offered)),
            (Name::Offered, None) => Err(UnknownState),
            (Name::Booked, _) => Ok(Self::Booked),
            (Name::Left, _) => Ok(Self::Left),
            (Name::Lapsed, _) => Ok(Self::Lapsed),
        }
    }
}

/// No state of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a state of an entry in a waiting list")]
pub struct UnknownState;

enum Name {
    Waiting,
    Offered,
    Booked,
    Left,
    Lapsed,
}

impl FromStr for Name {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        match text {
            "waiting" => Ok(Self::Waiting),
            "offered" => Ok(Self::Offered),
            "booked" => Ok(Self::Booked),
            "left" => Ok(Self::Left),
            "lapsed" => Ok(Self::Lapsed),
            _ => Err(UnknownState),
        }
    }
}

/// Somebody in a waiting list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Names it; grants nothing.
    pub id: WaitingEntryId,
    /// What they would book.
    pub event_type: EventTypeId,
    /// With whom.
    pub host: UserId,
    /// As given.
    pub name: PersonName,
    /// Where they are told.
    pub email: EmailAddress,
    /// In which times are shown to them.
    pub time_zone: TimeZone,
    /// What they wait for.
    pub wish: Wish,
    /// When they joined.
    pub joined_at: Instant,
    /// Since when they are in line; not before the address is shown to be theirs, where that is asked for.
    pub in_line_since: Option<Instant>,
    /// From then on nothing suits them any more.
    pub over_at: Instant,
    /// Where it is in its life, as far as it was noted.
    pub state: State,
}

/// An entry's life is over: there is nothing to leave, or to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("you are no longer on the waiting list")]
pub struct Ended;

impl Entry {
    /// What it is at that moment: an offer ends by the clock, whether that was noted or not.
    pub fn state_at(&self, now: Instant) -> State {
        match self.state {
            State::Offered(offered) if offered.until <= now => State::Lapsed,
            state => state,
        }
    }

    /// Whether it is in line for an offer.
    pub fn is_in_line(&self, now: Instant) -> bool {
        self.state == State::Waiting && self.in_line_since.is_some() && now < self.over_at
    }

    /// Whether it stands in the way of another of the same address: not for ever, where nobody has shown that
    /// the address is theirs.
    pub fn keeps_others_away(&self, now: Instant) -> bool {
        let is_proven = self.in_line_since.is_some();
        let lasts = if is_proven { self.over_at } else { self.joined_at.plus(UNPROVEN_LASTS) };
        !self.state_at(now).is_end() && now < lasts
    }

    /// They, or the host, take them out of the line.
    ///
    /// # Errors
    /// [`Ended`].
    pub fn leave(&self, now: Instant) -> Result<State, Ended> {
        if self.state_at(now).is_end() { Err(Ended) } else { Ok(State::Left) }
    }

    /// They show that the address is theirs: since when they are in line, which a second time does not change.
    ///
    /// # Errors
    /// [`Ended`].
    pub fn prove(&self, now: Instant) -> Result<Instant, Ended> {
        match self.in_line_since {
            Some(since) => Ok(since),
            None if self.state_at(now).is_end() || self.over_at <= now => Err(Ended),
            None => Ok(now),
        }
    }

    /// Whether an offer has lapsed that is still noted as standing.
    pub fn has_lapsed(&self, now: Instant) -> bool {
        matches!(self.state, State::Offered(offered) if offered.until <= now)
    }

    /// The first of the free times, which are in order, that can be offered to them, if it is their turn. It is kept as
    /// long as the event type says, but no longer than it can be booked.
    pub fn decide_offer(
        &self,
        slots: &[Slot],
        terms: &Terms,
        zone: TimeZone,
        now: Instant,
    ) -> Option<Offered> {
        let kept = terms.waiting_list()?;
        if !self.is_in_line(now) {
            return None;
        }
        let suits = self.wish.span(zone, self.joined_at);
        slots.iter().find_map(|slot| {
            let until = now.plus(kept).min(slot.start.minus(terms.min_notice));
            let lasts = now.plus(SHORTEST_OFFER) <= until;
            let suits = suits.start <= slot.start && slot.start < suits.end;
            (lasts && suits).then_some(Offered { span: slot.span(), until })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{random::Entropy, text::Note};

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    const NOW: Instant = Instant::from_seconds(1_814_000_000);

    fn date(text: &str) -> LocalDate {
        text.parse().unwrap()
    }

    fn terms(kept: u32, notice: u32) -> Terms {
        let text = || Note::from_stored(String::new());
        let (slug, title) = ("intro".parse().unwrap(), "Intro".parse().unwrap());
        let mut terms = Terms::usual(slug, title, text(), Minutes(30));
        terms.waiting_list = Some(Minutes(kept));
        terms.min_notice = Minutes(notice);
        terms
    }

    fn entry(day: Option<LocalDate>) -> Entry {
        let wish = Wish { duration: Minutes(30), day, until: None };
        Entry {
            id: WaitingEntryId::new(NOW, &Zeros),
            event_type: EventTypeId::new(NOW, &Zeros),
            host: UserId::new(NOW, &Zeros),
            name: "Bo Berg".parse().unwrap(),
            email: "bo@customers.example".parse().unwrap(),
            time_zone: TimeZone::UTC,
            wish,
            joined_at: NOW,
            in_line_since: Some(NOW),
            over_at: wish.span(TimeZone::UTC, NOW).end,
            state: State::Waiting,
        }
    }

    fn slot(minutes: u32) -> Slot {
        let start = NOW.plus(Minutes(minutes));
        Slot { start, end: start.plus(Minutes(30)), seats_left: None }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        let offered = Offered { span: Span::moment(NOW), until: NOW };
        for state in
            [State::Waiting, State::Offered(offered), State::Booked, State::Left, State::Lapsed]
        {
            assert_eq!(State::parse(state.as_str(), Some(offered)), Ok(state));
        }
        assert_eq!(State::parse("offered", None), Err(UnknownState));
        assert_eq!(State::parse("gone", None), Err(UnknownState));
    }

    #[test]
    fn a_wish_is_for_a_day_that_can_be_booked() {
        let (today, last) = (date("2027-07-01"), date("2027-08-30"));
        let wish = |day: Option<&str>, until: Option<&str>| Wish {
            duration: Minutes(30),
            day: day.map(date),
            until: until.map(date),
        };
        let check = |day, until| wish(day, until).check(today, last);
        assert_eq!(check(Some("2027-07-01"), None), Ok(wish(Some("2027-07-01"), None)));
        assert_eq!(check(Some("2027-08-30"), None), Ok(wish(Some("2027-08-30"), None)));
        // A day is its own last date.
        let both = check(Some("2027-07-02"), Some("2027-07-09"));
        assert_eq!(both, Ok(wish(Some("2027-07-02"), None)));
        for day in ["2027-06-30", "2027-08-31"] {
            assert_eq!(check(Some(day), None), Err(WrongWish::Day { last }));
        }
        assert_eq!(check(None, Some("2027-06-30")), Err(WrongWish::Until));
        assert_eq!(check(None, Some("2030-01-01")).map(|w| w.day), Ok(None));
    }

    #[test]
    fn days_are_those_of_the_schedule() {
        let auckland: TimeZone = "Pacific/Auckland".parse().unwrap();
        let wish = Wish { duration: Minutes(30), day: Some(date("2027-07-01")), until: None };
        let span = wish.span(auckland, NOW);
        assert_eq!(span.start, Instant::parse("2027-06-30T12:00:00Z").unwrap());
        assert_eq!(span.end, Instant::parse("2027-07-01T12:00:00Z").unwrap());
        let any = Wish { day: None, ..wish };
        assert_eq!(any.span(auckland, NOW), Span { start: NOW, end: NOW.plus(LONGEST) });
        let until = Wish { until: Some(date("2099-01-01")), ..any };
        assert_eq!(until.span(auckland, NOW).end, NOW.plus(LONGEST));
    }

    #[test]
    fn the_first_time_that_suits_is_offered() {
        let (day, entry_of) = (TimeZone::UTC.date(NOW), |day| entry(Some(day)));
        let slots = [slot(20), slot(60), slot(24 * 60 + 60)];
        let offer = |entry: &Entry, terms: &Terms| {
            entry.decide_offer(&slots, terms, TimeZone::UTC, NOW).map(|o| (o.span.start, o.until))
        };
        let at = |minutes: u32| NOW.plus(Minutes(minutes));
        assert_eq!(offer(&entry_of(day), &terms(15, 0)), Some((at(20), at(15))));
        // It ends when the time begins, and when the notice does.
        assert_eq!(offer(&entry_of(day), &terms(120, 0)), Some((at(20), at(20))));
        assert_eq!(offer(&entry_of(day), &terms(120, 10)), Some((at(20), at(10))));
        // What could be booked for less than five minutes is left to who is quick.
        assert_eq!(offer(&entry_of(day), &terms(120, 16)), Some((at(60), at(44))));
        let tomorrow = day.succ_opt().unwrap();
        assert_eq!(offer(&entry_of(tomorrow), &terms(30, 0)), Some((at(1500), at(30))));
        assert_eq!(offer(&entry_of(tomorrow.succ_opt().unwrap()), &terms(30, 0)), None);
        // Off, nobody is offered anything.
        assert_eq!(offer(&entry(None), &Terms { waiting_list: None, ..terms(30, 0) }), None);
    }

    #[test]
    fn only_who_is_in_line_has_a_turn() {
        let (slots, terms) = ([slot(60)], terms(30, 0));
        let offer = |entry: &Entry, now| entry.decide_offer(&slots, &terms, TimeZone::UTC, now);
        let present = entry(None);
        let offered = offer(&present, NOW).unwrap();
        let unproven = Entry { in_line_since: None, ..present.clone() };
        assert_eq!(offer(&unproven, NOW), None);
        for state in [State::Offered(offered), State::Booked, State::Left, State::Lapsed] {
            assert_eq!(offer(&Entry { state, ..present.clone() }, NOW), None);
        }
        assert_eq!(offer(&Entry { over_at: NOW, ..present }, NOW), None);
    }

    #[test]
    fn an_offer_ends_by_the_clock() {
        let offered = Offered { span: Span::moment(NOW), until: NOW.plus(Minutes(30)) };
        let entry = Entry { state: State::Offered(offered), ..entry(None) };
        let last = offered.until.plus_micros(-1);
        assert_eq!((entry.state_at(last), entry.has_lapsed(last)), (entry.state, false));
        assert_eq!(entry.leave(last), Ok(State::Left));
        assert!(entry.keeps_others_away(last));
        let end = offered.until;
        assert_eq!((entry.state_at(end), entry.has_lapsed(end)), (State::Lapsed, true));
        assert_eq!(entry.leave(end), Err(Ended));
        assert!(!entry.keeps_others_away(end));
    }

    #[test]
    fn an_address_is_shown_once_and_holds_the_place_from_then() {
        let unproven = Entry { in_line_since: None, ..entry(None) };
        let later = NOW.plus(Minutes(10));
        assert_eq!(unproven.prove(later), Ok(later));
        assert_eq!(entry(None).prove(later), Ok(NOW));
        assert_eq!(Entry { state: State::Left, ..unproven.clone() }.prove(later), Err(Ended));
        assert_eq!(Entry { over_at: later, ..unproven.clone() }.prove(later), Err(Ended));
        assert!(unproven.keeps_others_away(later));
        assert!(!unproven.keeps_others_away(NOW.plus(UNPROVEN_LASTS)));
        assert!(entry(None).keeps_others_away(NOW.plus(UNPROVEN_LASTS)));
    }

    proptest! {
        /// Whatever is offered suits, lasts, and ends no later than it can be booked.
        #[test]
        fn offers_can_be_taken(
            starts in prop::collection::btree_set(0_u32..5000, 0..12),
            kept in 5_u32..1440,
            notice in 0_u32..2000,
            days in prop::option::of(0_u64..4),
        ) {
            let terms = terms(kept, notice);
            let slots: Vec<Slot> =
                starts.into_iter().map(slot).filter(|s| s.start >= NOW.plus(terms.min_notice)).collect();
            let today = TimeZone::UTC.date(NOW);
            let day = days.and_then(|days| today.checked_add_days(chrono::Days::new(days)));
            let entry = entry(day);
            match entry.decide_offer(&slots, &terms, TimeZone::UTC, NOW) {
                Some(Offered { span, until }) => {
                    prop_assert!(slots.iter().any(|slot| slot.span() == span));
                    prop_assert!(until <= span.start.minus(terms.min_notice));
                    prop_assert!(until >= NOW.plus(SHORTEST_OFFER) && until <= NOW.plus(Minutes(kept)));
                    prop_assert!(day.is_none_or(|day| TimeZone::UTC.date(span.start) == day));
                }
                None => for slot in &slots {
                    let suits = day.is_none_or(|day| TimeZone::UTC.date(slot.start) == day);
                    prop_assert!(!suits || slot.start.minus(terms.min_notice) < NOW.plus(SHORTEST_OFFER));
                }
            }
        }
    }
}
