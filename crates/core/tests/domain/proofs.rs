//! What a booking is before, and becomes after, its customer shows that the address is theirs.

use roomkey_core::{
    booking::{
        Booking, Every, FreshRoom, InvalidTransition, NewBooking, Occurrence, Proof, Proven, Rule,
        Seating, Side, Status, WallTime, decide_cancellation, decide_expiry, decide_proof,
    },
    event_type::EventType,
    ids::SeriesId,
    notice::{self, Notice},
    text::Note,
    time::{Instant, Minutes, Span},
};

use crate::{
    bookings::{START, book, case},
    case::{Case, instant},
    seeded::Seeded,
};

fn prove(case: &Case, made: &NewBooking, now: Instant) -> Result<Proven, InvalidTransition> {
    let entropy = Seeded::new(11);
    let event_type = EventType {
        id: made.booking.event_type,
        host: made.booking.host,
        terms: case.terms.clone(),
    };
    let fresh = FreshRoom::draw(now, &entropy);
    decide_proof(
        &made.booking,
        &event_type,
        &Seating::fresh(now, &entropy),
        fresh,
        made.booking.span.start,
        now,
    )
}

#[test]
fn before_the_proof_a_booking_has_no_room_and_keeps_its_time_for_a_while() {
    let mut case = case();
    let made = book(&case, START).unwrap().until_proven();
    assert_eq!((made.booking.status, made.booking.version), (Status::Unverified, 1));
    assert_eq!(made.booking.expires_at, Some(case.now.plus(Minutes(15))));
    assert_eq!(made.booking.attendee.proof, Proof::Asked);
    assert!(made.room.is_none());
    let [Notice::Proof { booking }] = notice::of_new(&made.booking)[..] else { panic!("one mail") };
    assert_eq!(booking, made.booking.id);
    // What would wait for the host's answer waits for the proof no longer than anything else.
    case.terms.confirm_within = Some(Minutes(24 * 60));
    let asked = book(&case, START).unwrap().until_proven();
    assert_eq!(asked.booking.expires_at, made.booking.expires_at);
    // And nothing waits longer than until it begins.
    case.now = instant("2026-12-03T08:50:00Z");
    let late = book(&case, START).unwrap().until_proven();
    assert_eq!(late.booking.expires_at, Some(instant(START)));
}

#[test]
fn the_proof_makes_it_what_it_would_have_been() {
    let mut case = case();
    let made = book(&case, START).unwrap().until_proven();
    let later = case.now.plus(Minutes(14));
    let proven = prove(&case, &made, later).unwrap();
    assert_eq!((proven.status, proven.version), (Status::Confirmed, 2));
    assert_eq!(proven.expires_at, None);
    let room = proven.room.unwrap();
    assert_eq!((room.booking, room.generation), (Some(made.booking.id), 1));
    // The host is asked by the rules of now, for the whole time from now on.
    case.terms.confirm_within = Some(Minutes(60));
    let proven = prove(&case, &made, later).unwrap();
    assert_eq!(proven.status, Status::Pending);
    assert_eq!(proven.expires_at, Some(later.plus(Minutes(60))));
    assert!(proven.room.is_none());
}

#[test]
fn only_what_waits_for_it_can_be_proven_and_only_in_time() {
    let case = case();
    let mut made = book(&case, START).unwrap().until_proven();
    let until = made.booking.expires_at.unwrap();
    let asked = Status::Confirmed;
    assert!(prove(&case, &made, until.plus_micros(-1)).is_ok());
    assert!(decide_expiry(&made.booking, until.plus_micros(-1)).is_none());
    let refused = prove(&case, &made, until).unwrap_err();
    assert_eq!(refused, InvalidTransition::State { is: Status::Expired, asked });
    let end = decide_expiry(&made.booking, until).unwrap();
    assert_eq!((end.status, end.version), (Status::Expired, 2));
    let none = Note::default();
    let gone = decide_cancellation(&made.booking, Minutes(9999), Side::Customer, none, case.now);
    assert_eq!(gone.unwrap().ical_sequence, 0);
    for is in Status::ALL.into_iter().filter(|status| *status != Status::Unverified) {
        made.booking.status = is;
        let refused = prove(&case, &made, case.now).unwrap_err();
        assert_eq!(refused, InvalidTransition::State { is, asked });
    }
}

#[test]
fn who_typed_an_address_sees_what_becomes_of_it_only_if_it_is_theirs() {
    let given = Proof::Given(Instant::EPOCH);
    let opens = |proof: Proof| [false, true].map(|is_proven| proof.opens(is_proven));
    assert_eq!(opens(Proof::NotAsked), [true, true]);
    assert_eq!(opens(Proof::Asked), [false, false]);
    assert_eq!(opens(given), [false, true]);
}

/// So many Mondays at the hour that everything here is booked for.
fn series(case: &Case, of: u32) -> Vec<NewBooking> {
    let first = WallTime::at(instant(START), case.schedule.time_zone);
    let rule = Rule { every: Every::Week, first };
    let series = SeriesId::new(case.now, &Seeded::new(3));
    let times = rule.plan(of).times;
    (1..)
        .zip(times)
        .map(|(index, original)| {
            let ical_uid = String::from("series@book.example.org");
            let occurrence = Occurrence { series, rule, of, index, original, ical_uid };
            let mut made = book(case, START).unwrap();
            let start = rule.instant(original);
            let length = made.booking.span.end.since(made.booking.span.start);
            made.booking.span = Span { start, end: start.plus_micros(length) };
            made.in_series(occurrence, instant(START))
        })
        .collect()
}

#[test]
fn what_is_asked_for_as_a_whole_waits_and_lapses_as_one() {
    let mut case = case();
    // Longer than until the first of them begins.
    case.terms.confirm_within = Some(Minutes(60 * 24 * 60));
    let asked = series(&case, 3);
    for made in &asked {
        assert_eq!(made.booking.status, Status::Pending);
        assert_eq!(made.booking.expires_at, Some(instant(START)));
        assert!(made.room.is_none());
        let before = instant(START).plus_micros(-1);
        assert!(decide_expiry(&made.booking, before).is_none());
        assert_eq!(decide_expiry(&made.booking, instant(START)).unwrap().status, Status::Expired);
        assert!(asked.iter().all(|other| made.booking.waits_with(&other.booking)));
    }
    let [Notice::Series { .. }, Notice::Series { .. }] = notice::of_new(&asked[0].booking)[..]
    else {
        panic!("one mail to each side")
    };
    // What stands, what is over and what is another's has a fate of its own.
    let one = &asked[0].booking;
    for status in Status::ALL {
        let other = Booking { status, ..asked[1].booking.clone() };
        assert_eq!(one.waits_with(&other), status == Status::Pending, "{status:?}");
        let is_waiting = matches!(status, Status::Pending | Status::Unverified);
        assert_eq!(other.waits_in().is_some(), is_waiting, "{status:?}");
        assert_eq!(other.waits_with(&other), is_waiting, "{status:?}");
    }
    let alone = Booking { series: None, ..one.clone() };
    assert!(!one.waits_with(&alone) && !alone.waits_with(&alone));
}

#[test]
fn a_proven_series_waits_for_the_host_no_longer_than_until_its_first_begins() {
    let mut case = case();
    case.terms.confirm_within = Some(Minutes(60 * 24 * 60));
    let asked: Vec<_> = series(&case, 3).into_iter().map(NewBooking::until_proven).collect();
    let later = case.now.plus(Minutes(14));
    for made in &asked {
        assert_eq!(made.booking.expires_at, Some(case.now.plus(Minutes(15))));
        let event_type = EventType {
            id: made.booking.event_type,
            host: made.booking.host,
            terms: case.terms.clone(),
        };
        let entropy = Seeded::new(11);
        let (fresh, seating) = (FreshRoom::draw(later, &entropy), Seating::fresh(later, &entropy));
        let begins = instant(START);
        let proven = decide_proof(&made.booking, &event_type, &seating, fresh, begins, later);
        assert_eq!(proven.unwrap().expires_at, Some(begins));
    }
}
