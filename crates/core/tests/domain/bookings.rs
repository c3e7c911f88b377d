//! What a granted request makes, and what calling a booking off changes.

use roomkey_core::{
    availability::Refusal,
    booking::{
        Attendance, Booking, BookingRequest, Change, Denied, Fresh, FreshRoom, InvalidTransition,
        MarkRefusal, Move, MoveRefusal, MoveRequest, NewBooking, Seating, Side, Status, WallTime,
        decide_booking, decide_cancellation, decide_mark, decide_move, may_cancel,
    },
    event_type::{EventType, Location, RoomPolicy},
    ids::{EventTypeId, UserId},
    question::{Given, WrongAnswer},
    text::{FieldError, Note},
    time::{Instant, Minutes, Span, TimeZone},
};

use crate::{
    case::{Case, instant},
    seeded::Seeded,
};

pub(crate) const START: &str = "2026-12-03T09:00:00Z";

pub(crate) fn case() -> Case {
    let mut case =
        Case::new("UTC", "mon-fri 09:00-17:00").buffers(5, 10).at(instant("2026-12-01T12:00:00Z"));
    case.terms.room = RoomPolicy {
        early: Minutes(20),
        grace: Minutes(30),
        max_occupants: Some(4),
        lobby: true,
        knock: false,
        server: None,
    };
    case
}

pub(crate) fn book(case: &Case, start: &str) -> Result<NewBooking, Denied> {
    let entropy = Seeded::new(5);
    let event_type = EventType {
        id: EventTypeId::new(case.now, &entropy),
        host: UserId::new(case.now, &entropy),
        terms: case.terms.clone(),
    };
    let request = BookingRequest {
        start: instant(start),
        name: "Bo".parse().unwrap(),
        email: "bo@example.com".parse().unwrap(),
        time_zone: TimeZone::UTC,
        guests: Vec::new(),
        note: note("About the roof"),
        answers: Given::default(),
        seen: None,
        by: Side::Customer,
        overrides: false,
    };
    let fresh = Fresh::draw(case.now, &entropy, 0);
    let seating = Seating::fresh(case.now, &entropy);
    case.ask(|offer| {
        decide_booking(offer, &event_type, request, &seating, fresh, "meet.example.com")
    })
}

fn note(text: &str) -> Note {
    text.parse().unwrap()
}

#[test]
fn a_booking_comes_with_its_room() {
    let case = case();
    let made = book(&case, START).unwrap();
    let booking = &made.booking;
    let span = Span { start: instant(START), end: instant("2026-12-03T09:30:00Z") };
    assert_eq!((booking.status, booking.span), (Status::Confirmed, span));
    assert_eq!((booking.version, booking.ical_sequence), (1, 0));
    assert_eq!(booking.ical_uid, format!("{}@meet.example.com", booking.id));
    assert_eq!(booking.buffers, case.terms.buffers);
    assert_eq!((booking.created_at, &booking.cancelled), (case.now, &None));
    assert_eq!(booking.attendee.email.as_str(), "bo@example.com");
    assert_eq!(booking.note, note("About the roof"));
    let room = made.room.as_ref().unwrap();
    assert_eq!((room.booking, room.generation, room.revoked), (Some(booking.id), 1, false));
    assert_eq!(room.window.start, instant("2026-12-03T08:40:00Z"));
    assert_eq!(room.window.end, instant("2026-12-03T10:00:00Z"));
    assert_eq!((room.max_occupants, room.lobby), (Some(4), true));
}

#[test]
fn the_uid_and_the_booking_tell_nothing_of_the_room() {
    let made = book(&case(), START).unwrap();
    let told = format!("{:?}", made.booking);
    let room = made.room.unwrap();
    for secret in [room.name.expose(), room.password.expose()] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[test]
fn what_is_not_offered_is_not_booked() {
    let refused = |case: &Case, start: &str| match book(case, start).unwrap_err() {
        Denied::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&case(), "2026-12-03T09:10:00Z"), Refusal::OffGrid);
    assert_eq!(refused(&case(), "2026-12-05T09:00:00Z"), Refusal::OutsideHours);
    assert_eq!(refused(&case(), "2026-12-01T11:30:00Z"), Refusal::Past);
    let taken = case().booked(START, "2026-12-03T09:30:00Z");
    let by = Span { start: instant(START), end: instant("2026-12-03T09:30:00Z") };
    assert_eq!(refused(&taken, START), Refusal::Taken { by });
    assert_eq!(refused(&taken, "2026-12-03T09:30:00Z"), Refusal::Taken { by }, "buffer");
    assert!(book(&taken, "2026-12-03T10:00:00Z").is_ok());
}

#[test]
fn only_a_booking_that_meets_at_jitsi_has_a_room() {
    let host = "Ada".parse().unwrap();
    let told = |location: &str, detail: &str| {
        let mut case = case();
        case.terms.location = Location::parse(location, detail).unwrap();
        let made = book(&case, START);
        let booking = match made {
            Ok(made) => {
                assert_eq!(made.room.is_some(), location == "jitsi");
                made.booking
            }
            Err(denied) => return Err(denied),
        };
        let place = |side| booking.place(side, &host).map(|place| (place.text, place.link));
        Ok((place(Side::Customer), place(Side::Host)))
    };
    let some = |text: &str, link: Option<&str>| Some((text.to_owned(), link.map(str::to_owned)));
    assert_eq!(told("jitsi", ""), Ok((None, None)));
    assert_eq!(
        told("phone", "+44 (20) 7946-0958"),
        Ok((
            some("Call Ada at +44 (20) 7946-0958", Some("tel:+442079460958")),
            some("Bo calls you at +44 (20) 7946-0958", None),
        ))
    );
    let place = some("1 High Street", None);
    assert_eq!(told("in_person", "1 High Street"), Ok((place.clone(), place)));
    let link = some("https://video.example/ada", Some("https://video.example/ada"));
    assert_eq!(told("link", "https://video.example/ada"), Ok((link.clone(), link)));
    // The host calls: the customer must say where.
    let missing = WrongAnswer { question: "phone".to_owned(), error: FieldError::Required.into() };
    assert_eq!(told("call", ""), Err(Denied::Answers(vec![missing])));
}

#[test]
fn a_booking_can_be_called_off_once_and_until_it_ends() {
    let mut booking = book(&case(), START).unwrap().booking;
    let end = booking.span.end;
    let cancel = |booking: &Booking, now: Instant| {
        decide_cancellation(booking, Minutes(0), Side::Host, note("ill"), now)
    };
    let cancelled = cancel(&booking, end.plus_micros(-1)).unwrap();
    assert_eq!((cancelled.version, cancelled.ical_sequence), (2, 1));
    assert_eq!((cancelled.by, cancelled.reason), (Side::Host, note("ill")));
    assert_eq!(cancel(&booking, end), Err(InvalidTransition::Over));
    booking.status = Status::Cancelled;
    assert_eq!(cancel(&booking, booking.created_at), Err(InvalidTransition::AlreadyCancelled));
    assert!(!Status::Cancelled.holds_time() && Status::Confirmed.holds_time());
}

#[test]
fn states_lead_where_they_may_and_none_returns() {
    use Status::{Cancelled, Confirmed, Declined, Expired, Pending, Unverified};
    let ways = [
        (Unverified, &[Pending, Confirmed, Expired, Cancelled][..]),
        (Pending, &[Confirmed, Declined, Expired, Cancelled]),
        (Confirmed, &[Cancelled]),
        (Declined, &[]),
        (Expired, &[]),
        (Cancelled, &[]),
    ];
    assert_eq!(ways.map(|(from, _)| from), Status::ALL);
    for (from, ways) in ways {
        for to in Status::ALL {
            let answer = from.become_next(to);
            assert_eq!(from.may_become(to), ways.contains(&to), "{from:?} to {to:?}");
            match answer {
                Ok(next) => assert!(next == to && ways.contains(&to)),
                Err(InvalidTransition::AlreadyCancelled) => assert_eq!(from, Cancelled),
                Err(why) => assert_eq!(why, InvalidTransition::State { is: from, asked: to }),
            }
        }
        assert_eq!(from.holds_time(), Status::HOLDING.contains(&from));
        assert_eq!(from.holds_time(), !Status::ENDED.contains(&from));
        assert_eq!(from.holds_time(), !ways.is_empty(), "who holds a time can give it up");
    }
    let refused = Declined.become_next(Confirmed).unwrap_err();
    assert_eq!(refused.to_string(), "this booking is declined and can not become confirmed");
}

#[test]
fn what_no_calendar_has_is_called_off_without_a_sequence() {
    let mut booking = book(&case(), START).unwrap().booking;
    for status in [Status::Unverified, Status::Pending] {
        booking.status = status;
        let cancelled =
            decide_cancellation(&booking, Minutes(9999), Side::Customer, note(""), case().now)
                .unwrap();
        assert_eq!((cancelled.version, cancelled.ical_sequence), (2, 0));
    }
    for status in [Status::Declined, Status::Expired] {
        booking.status = status;
        let refused = decide_cancellation(&booking, Minutes(0), Side::Host, note(""), case().now);
        let asked = Status::Cancelled;
        assert_eq!(refused, Err(InvalidTransition::State { is: status, asked }));
    }
}

fn shift(case: &Case, made: &NewBooking, start: &str, by: Side) -> Result<Move, MoveRefusal> {
    let entropy = Seeded::new(9);
    let event_type = EventType {
        id: made.booking.event_type,
        host: made.booking.host,
        terms: case.terms.clone(),
    };
    let request = MoveRequest { start: instant(start), by, note: note("late"), agreed: false };
    let fresh = FreshRoom::draw(case.now, &entropy);
    let seating = Seating::fresh(case.now, &entropy);
    let room = made.room.as_ref();
    case.ask(|offer| decide_move(&made.booking, &event_type, room, offer, request, &seating, fresh))
}

#[test]
fn a_move_keeps_the_booking_and_changes_its_time_and_room() {
    let case = case();
    let mut made = book(&case, START).unwrap();
    let moved = shift(&case, &made, "2026-12-04T09:30:00Z", Side::Host).unwrap();
    assert_eq!((moved.version, moved.ical_sequence), (2, 1));
    let to = Span { start: instant("2026-12-04T09:30:00Z"), end: instant("2026-12-04T10:00:00Z") };
    assert_eq!((moved.from, moved.to), (made.booking.span, to));
    assert_eq!(moved.agreed, WallTime::at(to.start, TimeZone::UTC));
    assert_eq!((moved.by, moved.note), (Side::Host, note("late")));
    let (room, old) = (moved.room.unwrap(), made.room.take().unwrap());
    assert_eq!((room.booking, room.generation, room.revoked), (Some(made.booking.id), 2, false));
    assert_ne!(room.id, old.id);
    assert_ne!(room.name.expose(), old.name.expose());
    assert_ne!(room.password.expose(), old.password.expose());
    assert_eq!(room.window.start, instant("2026-12-04T09:10:00Z"));
    assert_eq!(room.window.end, instant("2026-12-04T10:30:00Z"));
    assert_eq!((room.max_occupants, room.lobby), (Some(4), true));
    // One that does not meet in a room gets none.
    let moved = shift(&case, &made, "2026-12-04T09:30:00Z", Side::Host).unwrap();
    assert!(moved.room.is_none());
}

#[test]
fn a_move_is_refused_with_its_reason() {
    let mut case = case();
    case.terms.move_notice = Minutes(60);
    let mut made = book(&case, START).unwrap();
    let later = "2026-12-04T09:30:00Z";
    let refused = |case: &Case, made: &NewBooking, start: &str, by: Side| {
        shift(case, made, start, by).unwrap_err()
    };
    assert_eq!(refused(&case, &made, START, Side::Customer), MoveRefusal::SameTime);
    let off_grid = refused(&case, &made, "2026-12-04T09:31:00Z", Side::Customer);
    assert_eq!(off_grid, MoveRefusal::NotOffered(Refusal::OffGrid));
    // An hour before the start is the last moment for customers; hosts go on until the end.
    let until = instant("2026-12-03T08:00:00Z");
    case.now = until;
    assert!(shift(&case, &made, later, Side::Customer).is_ok());
    case.now = until.plus_micros(1);
    let too_late = MoveRefusal::Transition(InvalidTransition::TooLate { until });
    assert_eq!(refused(&case, &made, later, Side::Customer), too_late);
    case.now = made.booking.span.end.plus_micros(-1);
    assert!(shift(&case, &made, later, Side::Host).is_ok());
    case.now = made.booking.span.end;
    for start in [START, later] {
        let over = MoveRefusal::Transition(InvalidTransition::Over);
        assert_eq!(refused(&case, &made, start, Side::Host), over);
    }
    for status in Status::ALL {
        made.booking.status = status;
        let why = match status {
            Status::Confirmed => continue,
            Status::Cancelled => InvalidTransition::AlreadyCancelled,
            _ => InvalidTransition::NotConfirmed,
        };
        assert_eq!(refused(&case, &made, later, Side::Host), MoveRefusal::Transition(why));
    }
}

#[test]
fn customers_cancel_until_the_deadline_and_hosts_until_the_end() {
    let booking = book(&case(), START).unwrap().booking;
    let until = booking.span.start.minus(Minutes(60));
    let may = |by, now| may_cancel(&booking, Minutes(60), by, now);
    assert_eq!(may(Side::Customer, until), Ok(()));
    let late = until.plus_micros(1);
    assert_eq!(may(Side::Customer, late), Err(InvalidTransition::TooLate { until }));
    assert_eq!(may(Side::Host, late), Ok(()));
    // What is not confirmed is taken back until it begins.
    let pending = Booking { status: Status::Pending, ..booking.clone() };
    let taken_back = may_cancel(&pending, Minutes(60), Side::Customer, booking.span.start);
    assert_eq!(taken_back, Ok(()));
}

#[test]
fn a_booking_knows_when_new_rules_move_its_wall_time() {
    let mut booking = book(&case(), START).unwrap().booking;
    let agreed = booking.agreed.unwrap();
    assert_eq!(
        (agreed.local.to_string().as_str(), agreed.zone),
        ("2026-12-03 09:00:00", TimeZone::UTC)
    );
    assert!(!booking.wall_time_moved());
    // As if the zone had been an hour ahead when it was booked.
    booking.agreed = Some(WallTime { local: agreed.local + chrono::Duration::hours(1), ..agreed });
    assert!(booking.wall_time_moved());
    booking.agreed = None;
    assert!(!booking.wall_time_moved(), "nothing is known of it");
}

#[test]
fn names_of_states_and_sides_are_read_back() {
    let names = ["unverified", "pending", "confirmed", "declined", "expired", "cancelled"];
    assert_eq!(Status::ALL.map(Status::as_str), names);
    for status in Status::ALL {
        assert_eq!(status.as_str().parse(), Ok(status));
        assert_eq!(status.alone(), [status]);
    }
    let unknown = "gone".parse::<Status>().unwrap_err();
    assert_eq!(unknown.to_string(), format!("Use {}", names.join(", ")));
    for side in [Side::Host, Side::Customer] {
        assert_eq!(side.as_str().parse(), Ok(side));
    }
    assert!("gone".parse::<Side>().is_err());
}

#[test]
fn who_came_is_marked_from_the_start_on() {
    let made = book(&case(), START).unwrap().booking;
    let (start, address) = (made.span.start, made.attendee.email.clone());
    let mark = |booking: &Booking, who: Option<&str>, now: Instant| {
        let who = who.map(|who| who.parse().unwrap());
        decide_mark(booking, who.as_ref(), now).map(|attendee| attendee.id)
    };
    assert_eq!(mark(&made, None, start.plus_micros(-1)), Err(MarkRefusal::NotBegun));
    for now in [start, made.span.end, made.span.end.plus(Minutes(60 * 24 * 365))] {
        assert_eq!(mark(&made, None, now), Ok(made.attendee.id));
        assert_eq!(mark(&made, Some(address.as_str()), now), Ok(made.attendee.id));
        assert_eq!(mark(&made, Some("BO@Example.com"), now), Ok(made.attendee.id));
        assert_eq!(mark(&made, Some("cy@example.com"), now), Err(MarkRefusal::Nobody));
    }
    for is in Status::ALL.into_iter().filter(|status| *status != Status::Confirmed) {
        let booking = Booking { status: is, ..made.clone() };
        assert_eq!(mark(&booking, None, start), Err(MarkRefusal::NotConfirmed { is }));
    }
}

#[test]
fn names_of_marks_and_changes_are_read_back() {
    assert_eq!(Attendance::ALL.map(Attendance::as_str), ["attended", "no_show"]);
    for mark in Attendance::ALL {
        assert_eq!(mark.as_str().parse(), Ok(mark));
    }
    assert!("perhaps".parse::<Attendance>().is_err());
    let names = [
        "unverified",
        "verified",
        "requested",
        "booked",
        "confirmed",
        "declined",
        "expired",
        "guest_added",
        "guest_removed",
        "room_renewed",
        "cancelled",
    ];
    assert_eq!(Change::ALL.map(Change::as_str), names);
    for change in Change::ALL {
        assert_eq!(change.as_str().parse(), Ok(change));
        assert_eq!(change.is_end(), Status::ENDED.iter().any(|s| s.as_str() == change.as_str()));
    }
    assert!("moved".parse::<Change>().is_err());
}
