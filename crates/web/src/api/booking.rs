use roomkey_app::BookingDetails;
use roomkey_core::{
    booking::{Side, Status},
    site::Site,
};
use serde::Serialize;

/// A booking as the API and the commands tell it. The links are the reader's own.
#[derive(Debug, Clone, Serialize)]
pub struct BookingJson {
    id: String,
    status: &'static str,
    version: u32,
    start: String,
    end: String,
    event: EventJson,
    host: HostJson,
    attendees: [AttendeeJson; 1],
    answers: AnswersJson,
    room: Option<RoomJson>,
    links: LinksJson,
}

#[derive(Debug, Clone, Serialize)]
struct EventJson {
    slug: String,
    title: String,
}

#[derive(Debug, Clone, Serialize)]
struct HostJson {
    handle: String,
    name: String,
    time_zone: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct AttendeeJson {
    name: String,
    email: String,
    time_zone: &'static str,
    /// There is one language so far.
    locale: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct AnswersJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct RoomJson {
    name: String,
    url: String,
    /// Null where Jitsi asks for none.
    password: Option<String>,
    opens_at: String,
    closes_at: String,
    max_occupants: Option<u32>,
    lobby: bool,
}

#[derive(Debug, Clone, Serialize)]
struct LinksJson {
    page: String,
    join: String,
    calendar: String,
}

/// Tells a booking to one of its sides.
pub fn booking_json(details: &BookingDetails, reader: Side, site: &Site) -> BookingJson {
    let BookingDetails { booking, event_type, host, room, .. } = details;
    let attendee = &booking.attendee;
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
        }],
        answers: AnswersJson { note: (!booking.note.is_empty()).then(|| booking.note.to_string()) },
        room: room.map(|room| RoomJson {
            name: room.name.expose().to_owned(),
            url: site.room(&room.name),
            password: site.enforces_password().then(|| room.password.expose().to_owned()),
            opens_at: room.window.start.to_string(),
            closes_at: room.window.end.to_string(),
            max_occupants: room.max_occupants,
            lobby: room.lobby,
        }),
        links: LinksJson {
            page: site.booking_page(link),
            join: site.join_page(link),
            calendar: site.calendar_file(link),
        },
    }
}
