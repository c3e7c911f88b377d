use std::{fmt::Debug, str::FromStr};

use calcard::{
    Entry, Parser,
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry,
        ICalendarParameterName, ICalendarParameterValue, ICalendarProperty, ICalendarValue, Uri,
    },
};
use proptest::prelude::*;

use super::*;
use crate::{
    account::Role,
    booking::{Attendee, Proof},
    event_type::{Buffers, Terms},
    ids::{AttendeeId, BookingId, EventTypeId, UserId},
    jitsi::{JitsiMode, JitsiServers},
    random::Entropy,
    text::Title,
    time::{Minutes, Span, TimeZone, Weekday},
};

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

struct Facts {
    booking: Booking,
    event_type: EventType,
    host: User,
    link: Token,
    site: Site,
}

impl Facts {
    fn new(title: Title, host: PersonName, customer: PersonName) -> Self {
        let now = Instant::parse("2026-10-01T10:00:00Z").unwrap();
        let host_id = UserId::new(now, &Sevens);
        let event_type = EventType {
            id: EventTypeId::new(now, &Sevens),
            host: host_id,
            terms: Terms::usual("intro".parse().unwrap(), title, "".parse().unwrap(), Minutes(45)),
        };
        let id = BookingId::new(now, &Sevens);
        Self {
            booking: Booking {
                guests: Vec::new(),
                session: None,
                series: None,
                id,
                event_type: event_type.id,
                host: host_id,
                status: Status::Confirmed,
                expires_at: None,
                version: 1,
                span: Span::lasting(Instant::parse("2026-10-08T11:45:00Z").unwrap(), Minutes(45)),
                buffers: Buffers::default(),
                ical_uid: format!("{id}@book.example.org"),
                ical_sequence: 0,
                attendee: Attendee {
                    proof: Proof::NotAsked,
                    id: AttendeeId::new(now, &Sevens),
                    name: customer,
                    email: "o'ada+x{1}@example.com".parse().unwrap(),
                    time_zone: "Europe/London".parse::<TimeZone>().unwrap(),
                    attendance: None,
                },
                location: Location::Jitsi,
                note: "".parse().unwrap(),
                answers: Vec::new(),
                created_at: now,
                cancelled: None,
                agreed: None,
            },
            event_type,
            host: User {
                id: host_id,
                email: "mara@example.org".parse().unwrap(),
                name: host,
                handle: "mara".parse().unwrap(),
                role: Role::Owner,
                time_zone: "Europe/Stockholm".parse().unwrap(),
                week_start: Weekday::Mon,
            },
            link: Token::new(&Sevens),
            site: Site {
                public_url: "https://book.example.org".parse().unwrap(),
                jitsi: JitsiServers::one(
                    "https://meet.example.org".parse().unwrap(),
                    JitsiMode::Reservations,
                ),
            },
        }
    }

    fn usual() -> Self {
        Self::new(
            "Project consultation".parse().unwrap(),
            "Mara Lindqvist".parse().unwrap(),
            "Ada Okafor".parse().unwrap(),
        )
    }

    fn invite(&self, reader: Side) -> Invite<'_> {
        Invite {
            guest: None,
            booking: &self.booking,
            event_type: &self.event_type,
            host: &self.host,
            room: None,
            reader,
            link: &self.link,
            site: &self.site,
            sequence: self.booking.ical_sequence,
            stamp: self.booking.created_at,
        }
    }
}

fn read(text: &str) -> ICalendar {
    let mut parser = Parser::new(text);
    let Entry::ICalendar(calendar) = parser.entry() else { panic!("no calendar: {text}") };
    assert!(matches!(parser.entry(), Entry::Eof), "more than one calendar: {text}");
    calendar
}

fn event(calendar: &ICalendar) -> &ICalendarComponent {
    let mut events =
        calendar.components.iter().filter(|c| c.component_type == ICalendarComponentType::VEvent);
    let event = events.next().unwrap();
    assert!(events.next().is_none());
    event
}

fn entries(
    component: &ICalendarComponent,
    name: ICalendarProperty,
) -> impl Iterator<Item = &ICalendarEntry> {
    component.entries.iter().filter(move |entry| entry.name == name)
}

fn value(component: &ICalendarComponent, name: ICalendarProperty) -> String {
    let entry = entries(component, name).next().unwrap();
    match entry.values.as_slice() {
        [ICalendarValue::Text(text) | ICalendarValue::Uri(Uri::Location(text))] => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// `CN` as RFC 6868 reads it; calcard itself leaves `^` as it is.
fn cn(entry: &ICalendarEntry) -> String {
    let encoded = entry
        .params
        .iter()
        .find_map(|param| match (&param.name, &param.value) {
            (ICalendarParameterName::Cn, ICalendarParameterValue::Text(text)) => Some(text),
            _ => None,
        })
        .unwrap();
    let mut decoded = String::new();
    let mut chars = encoded.chars();
    while let Some(c) = chars.next() {
        match c {
            '^' => decoded.push(match chars.next() {
                Some('\'') => '"',
                Some('^') => '^',
                other => panic!("{other:?}"),
            }),
            _ => decoded.push(c),
        }
    }
    decoded
}

fn assert_lines(text: &str) {
    let lines = text.strip_suffix("\r\n").unwrap().split("\r\n");
    for line in lines {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(!line.chars().any(|c| c.is_control() && c != '\t'), "{line:?}");
    }
}

#[test]
fn a_request_says_all_of_the_booking() {
    let facts = Facts::usual();
    let text = facts.invite(Side::Customer).message(Method::Request);
    let expected = "BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Roomkey//Roomkey//EN\r
CALSCALE:GREGORIAN\r
METHOD:REQUEST\r
BEGIN:VEVENT\r
UID:01a0f6e8-1500-7707-8707-070707070707@book.example.org\r
SEQUENCE:0\r
DTSTAMP:20261001T100000Z\r
DTSTART:20261008T114500Z\r
DTEND:20261008T123000Z\r
SUMMARY:Project consultation with Mara Lindqvist\r
";
    assert_eq!(text.get(..expected.len()), Some(expected), "{text}");
    assert_lines(&text);
    let calendar = read(&text);
    let event = event(&calendar);
    let join = facts.site.join_page(&facts.link);
    for name in [ICalendarProperty::Location, ICalendarProperty::Url, ICalendarProperty::Conference]
    {
        assert_eq!(value(event, name), join);
    }
    assert!(value(event, ICalendarProperty::Description).contains(&join));
}

#[test]
fn the_host_is_the_chair_and_the_customer_is_asked() {
    let facts = Facts::usual();
    let folded = facts.invite(Side::Host).message(Method::Request);
    let text = folded.replace("\r\n ", "");
    assert!(text.contains(
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;\
         CN=\"Ada Okafor\":mailto:o'ada+x%7B1%7D@example.com\r\n"
    ));
    assert!(text.contains(
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=CHAIR;PARTSTAT=ACCEPTED;CN=\"Mara Lindqvist\":\
         mailto:mara@example.org\r\n"
    ));
    assert!(text.contains("ORGANIZER;CN=\"Mara Lindqvist\":mailto:mara@example.org\r\n"));
    assert!(text.contains("SUMMARY:Project consultation with Ada Okafor\r\n"));
    assert!(text.contains("CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=Join:https://book."));
    assert!(text.contains("STATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\n"));
}

#[test]
fn a_cancellation_strikes_the_event_out_and_leads_nowhere_near_the_room() {
    let mut facts = Facts::usual();
    facts.booking.status = Status::Cancelled;
    facts.booking.ical_sequence = 1;
    let text = facts.invite(Side::Customer).message(Method::Cancel);
    assert_lines(&text);
    for line in ["METHOD:CANCEL", "SEQUENCE:1", "STATUS:CANCELLED", "TRANSP:TRANSPARENT"] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{text}");
    }
    assert!(!text.contains("/join") && !text.contains("RSVP") && !text.contains("LOCATION"));
}

#[test]
fn what_is_not_confirmed_leads_to_no_room() {
    let mut facts = Facts::usual();
    for (status, lines) in [
        (Status::Unverified, ["STATUS:TENTATIVE", "TRANSP:OPAQUE", "TENTATIVE"]),
        (Status::Pending, ["STATUS:TENTATIVE", "TRANSP:OPAQUE", "TENTATIVE"]),
        (Status::Declined, ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "FREE"]),
        (Status::Expired, ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "FREE"]),
    ] {
        facts.booking.status = status;
        let text = facts.invite(Side::Customer).calendar_file();
        let [state, busy, shown] = lines;
        let shown = format!("X-MICROSOFT-CDO-BUSYSTATUS:{shown}");
        for line in [state, busy, &shown] {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{status:?}: {text}");
        }
        assert!(!text.contains("/join") && !text.contains("LOCATION"), "{status:?}: {text}");
    }
}

#[test]
fn the_file_plans_no_meeting() {
    let facts = Facts::usual();
    let text = facts.invite(Side::Host).calendar_file();
    assert_lines(&text);
    assert!(!text.contains("METHOD") && !text.contains("ATTENDEE"));
    assert!(text.contains("STATUS:CONFIRMED"));
}

/// Any text that the field takes, with more than the usual share of what iCalendar treats specially.
fn field<T: FromStr + Debug>() -> impl Strategy<Value = T> {
    let character = prop_oneof![
        4 => any::<char>().prop_filter("refused", |c| format!("a{c}z").parse::<Title>().is_ok()),
        2 => prop::sample::select(vec!['\\', ';', ',', ':', '"', '^', '\'', '=', ' ', 'n', 'N']),
        1 => prop::sample::select(vec!['a', 'ä', '漢', '🔑', '\u{301}']),
    ];
    prop::collection::vec(character, 1..120)
        .prop_filter_map("empty", |chars| chars.into_iter().collect::<String>().parse().ok())
}

proptest! {
    #[test]
    fn what_goes_in_is_read_back(
        title in field::<Title>(), host in field::<PersonName>(), customer in field::<PersonName>(),
    ) {
        let facts = Facts::new(title.clone(), host.clone(), customer.clone());
        let text = facts.invite(Side::Customer).message(Method::Request);
        assert_lines(&text);
        let calendar = read(&text);
        let event = event(&calendar);
        prop_assert_eq!(calendar.components.len(), 2);
        prop_assert_eq!(event.entries.len(), 17);
        prop_assert_eq!(
            value(event, ICalendarProperty::Summary),
            format!("{title} with {host}")
        );
        let organizer = entries(event, ICalendarProperty::Organizer).next().unwrap();
        prop_assert_eq!(cn(organizer), host.as_str());
        let names: Vec<_> = entries(event, ICalendarProperty::Attendee).map(cn).collect();
        prop_assert_eq!(names, [customer.as_str(), host.as_str()]);
    }
}
