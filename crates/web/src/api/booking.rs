use std::collections::BTreeMap;

use roomkey_app::BookingDetails;
use roomkey_core::{
    booking::{Attendance, Booking, Occurrence, Side, Status},
    event_type::Location,
    proof_key::ProofLink,
    question::{Answer, AnswerValue},
    site::Site,
    time::Instant,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    conferences::ConferenceJson, history::HistoryEntryJson, openapi, presence::PresenceJson,
    proposals::ProposalJson,
};

/// A booking as the API and the commands tell it. The links are the reader's own.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Booking)]
pub struct BookingJson {
    /// Public; grants nothing.
    id: String,
    #[schema(value_type = openapi::Status)]
    status: &'static str,
    /// Rises at every change of state, time, place or attendees; 1 at first.
    version: u32,
    #[schema(format = DateTime)]
    start: String,
    #[schema(format = DateTime)]
    end: String,
    event: EventJson,
    host: HostJson,
    attendees: [AttendeeJson; 1],
    /// Email addresses of people who come along.
    guests: Vec<String>,
    answers: AnswersJson,
    /// What the host notes for themselves; left out for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    private_note: Option<String>,
    location: LocationJson,
    /// Null unless the booking is confirmed, and where they meet elsewhere.
    #[schema(required)]
    room: Option<RoomJson>,
    links: LinksJson,
    /// Other times that wait for an answer. Only where a host asks for one booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) proposal: Option<ProposalJson>,
    /// What it is in a series; left out where it was booked alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    series: Option<SeriesJson>,
    /// What happened to it, in order; more kinds may come. Only where a host asks for one booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) history: Option<Vec<HistoryEntryJson>>,
    /// Its rooms as Jitsi opened them, the first first. Only where a host asks for one booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) conferences: Option<Vec<ConferenceJson>>,
    /// Who was in its room; left out where Jitsi does not tell. Only where a host asks for one booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) presence: Option<PresenceJson>,
}

/// The series that a booking is in.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Series)]
struct SeriesJson {
    id: String,
    /// Which of its bookings this is, from 1.
    index: u32,
    /// How many bookings it was made of.
    count: u32,
    /// All of them, in order; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bookings: Option<Vec<OccurrenceJson>>,
}

/// A booking of a series.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Occurrence)]
struct OccurrenceJson {
    id: String,
    #[schema(format = DateTime)]
    start: String,
    #[schema(value_type = openapi::Status)]
    status: &'static str,
}

impl SeriesJson {
    fn new(occurrence: &Occurrence) -> Self {
        let Occurrence { series, index, of, .. } = occurrence;
        Self { id: series.to_string(), index: *index, count: *of, bookings: None }
    }
}

impl BookingJson {
    /// With all bookings of its series.
    #[must_use]
    pub fn with_series(mut self, all: &[BookingDetails]) -> Self {
        let occurrence = |BookingDetails { booking, .. }: &BookingDetails| OccurrenceJson {
            id: booking.id.to_string(),
            start: booking.span.start.to_string(),
            status: booking.status.as_str(),
        };
        if let Some(series) = &mut self.series {
            series.bookings = Some(all.iter().map(occurrence).collect());
        }
        self
    }
}

/// What was booked.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Event)]
struct EventJson {
    slug: String,
    title: String,
}

/// With whom.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Host)]
struct HostJson {
    handle: String,
    name: String,
    time_zone: &'static str,
}

/// Who booked.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Attendee)]
struct AttendeeJson {
    name: String,
    email: String,
    time_zone: &'static str,
    /// There is one language so far.
    locale: &'static str,
    /// Whether they came; left out for the customer, and until the host has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = openapi::Attendance)]
    attendance: Option<&'static str>,
}

/// Answers by the id of their question.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Answers)]
struct AnswersJson {
    /// What the customer wrote; left out if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
    #[serde(flatten)]
    #[schema(value_type = HashMap<String, AnswerJson>)]
    others: BTreeMap<String, AnswerJson>,
}

/// A text, a number, or whether a box was ticked.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Answer)]
#[serde(untagged)]
pub(super) enum AnswerJson {
    Text(String),
    Whole(i64),
    Number(f64),
    Ticked(bool),
}

/// Where they meet.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Location)]
struct LocationJson {
    /// `jitsi`: the room; `phone`: the customer calls the number in `detail`; `call`: the host calls the
    /// number in `answers.phone`; `in_person`: the place in `detail`; `link`: the address in `detail`.
    #[schema(value_type = openapi::LocationKind)]
    kind: &'static str,
    /// The number, place or address; null where there is none, and for who made an unverified booking
    /// without a key.
    #[schema(required)]
    detail: Option<String>,
}

/// The room, while the booking is confirmed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Room)]
struct RoomJson {
    name: String,
    url: String,
    /// Null where Jitsi asks for none.
    #[schema(required)]
    password: Option<String>,
    #[schema(format = DateTime)]
    opens_at: String,
    #[schema(format = DateTime)]
    closes_at: String,
    /// Null where any number of people may come.
    #[schema(required)]
    max_occupants: Option<u32>,
    lobby: bool,
}

/// The reader's own: the customer's and the host's differ, and each is a key. Who booked without a key,
/// and was asked to show that the address is theirs, gets none of them but a page on which to wait: the
/// links go to the address.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Links)]
struct LinksJson {
    page: String,
    /// Null where they meet elsewhere than in a room.
    #[schema(required)]
    join: Option<String>,
    /// Null for who is to wait.
    #[schema(required)]
    calendar: Option<String>,
}

fn answer_json(answer: &Answer) -> (String, AnswerJson) {
    let value = match &answer.value {
        AnswerValue::Text(text) => AnswerJson::Text(text.to_string()),
        AnswerValue::Ticked(ticked) => AnswerJson::Ticked(*ticked),
        // Decimals of at most 15 digits, so that nothing is lost.
        AnswerValue::Number(number) => {
            let number = number.as_str();
            match number.parse() {
                Ok(whole) => AnswerJson::Whole(whole),
                Err(_) => AnswerJson::Number(number.parse().unwrap_or_default()),
            }
        }
    };
    (answer.question.clone(), value)
}

/// What was answered, as JSON by the names of the questions.
pub(crate) fn answers_json(booking: &Booking) -> serde_json::Result<String> {
    let answers: BTreeMap<_, _> = booking.answers.iter().map(answer_json).collect();
    serde_json::to_string(&answers)
}

/// Tells a booking to who made it but did not show that the address is theirs: nothing that they could
/// not know, its time as they asked for it, and a page on which to wait.
pub(super) fn waiting_json(
    details: &BookingDetails,
    asked: Instant,
    link: &ProofLink,
    site: &Site,
) -> BookingJson {
    let told = booking_json(details, Side::Customer, site);
    let is_public = matches!(details.booking.location, Location::InPerson(_));
    let span = details.booking.span;
    BookingJson {
        start: asked.to_string(),
        end: asked.plus_micros(span.end.since(span.start)).to_string(),
        location: LocationJson {
            detail: told.location.detail.filter(|_| is_public),
            ..told.location
        },
        room: None,
        links: LinksJson { page: site.waiting_page(link), join: None, calendar: None },
        ..told
    }
}

/// Tells a booking to one of its sides.
pub fn booking_json(details: &BookingDetails, reader: Side, site: &Site) -> BookingJson {
    let BookingDetails { booking, event_type, host, room, private_note, .. } = details;
    let (attendee, for_host) = (&booking.attendee, reader == Side::Host);
    let link = details.link(reader);
    let room = room.as_ref().filter(|_| booking.status == Status::Confirmed);
    BookingJson {
        id: booking.id.to_string(),
        status: booking.status.as_str(),
        version: booking.version,
        start: booking.span.start.to_string(),
        end: booking.span.end.to_string(),
        event: EventJson {
            slug: event_type.terms.slug.to_string(),
            title: event_type.terms.title.to_string(),
        },
        host: HostJson {
            handle: host.handle.to_string(),
            name: host.name.to_string(),
            time_zone: host.time_zone.name(),
        },
        attendees: [AttendeeJson {
            name: attendee.name.to_string(),
            email: attendee.email.to_string(),
            time_zone: attendee.time_zone.name(),
            locale: "en",
            attendance: attendee.attendance.filter(|_| for_host).map(Attendance::as_str),
        }],
        guests: booking.present_guests().map(|guest| guest.email.to_string()).collect(),
        answers: AnswersJson {
            note: (!booking.note.is_empty()).then(|| booking.note.to_string()),
            others: booking.answers.iter().map(answer_json).collect(),
        },
        private_note: for_host.then(|| private_note.to_string()),
        location: LocationJson {
            kind: booking.location.kind(),
            detail: Some(booking.location.detail().to_owned()).filter(|detail| !detail.is_empty()),
        },
        room: room.map(|room| RoomJson {
            name: room.name.expose().to_owned(),
            url: site.room(room),
            password: site.password(room, reader).map(str::to_owned),
            opens_at: room.window.start.to_string(),
            closes_at: room.window.end.to_string(),
            max_occupants: room.max_occupants,
            lobby: room.lobby,
        }),
        links: LinksJson {
            page: site.booking_page(link),
            join: (booking.location == Location::Jitsi).then(|| site.join_page(link)),
            calendar: Some(site.calendar_file(link)),
        },
        proposal: None,
        series: booking.series.as_ref().map(SeriesJson::new),
        history: None,
        conferences: None,
        presence: None,
    }
}
