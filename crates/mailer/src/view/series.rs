use askama::Template;
use roomkey_core::{
    booking::{Booking, Side},
    event_type::Visibility,
    notice::{Occasion, SeriesLetter, SeriesPart},
    site::{PRODUCT, Site},
    time::{Span, TimeZone},
};

use super::{AnswerView, PlaceView, Rendered, answers, lines};
use crate::{
    columns,
    when::{self, When},
};

mail!(
    SeriesView,
    series,
    "mail/series/subject.txt",
    "mail/series/body.txt",
    "mail/series/body.html"
);

/// Several bookings of a series as one of its two sides reads about them.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "templates ask each by itself")]
pub(crate) struct SeriesView<'a> {
    pub(crate) product: &'static str,
    pub(crate) to_host: bool,
    /// `Booked`, the subject's first word.
    pub(crate) word: &'static str,
    pub(crate) headline: String,
    pub(crate) title: &'a str,
    pub(crate) host: &'a str,
    pub(crate) customer: &'a str,
    pub(crate) customer_email: &'a str,
    /// The name of the side that does not read.
    pub(crate) other: &'a str,
    pub(crate) reader_email: &'a str,
    /// `6 times from Mon 5 Jul, 10:00 (London)`.
    pub(crate) summary: String,
    /// `Every week on Monday at 10:00 in London`.
    pub(crate) rhythm: String,
    pub(crate) rows: Vec<RowView<'a>>,
    /// Whether the bookings are called off, or were not granted.
    pub(crate) is_struck: bool,
    /// What is said of a request, and of how it ended.
    pub(crate) said: String,
    /// The page of the first, where a request is answered or looked at, and what a button says that leads there.
    pub(crate) button: Option<(String, &'static str)>,
    pub(crate) is_moved: bool,
    /// Whether there are rooms to go to.
    pub(crate) has_rooms: bool,
    pub(crate) place: Option<PlaceView>,
    pub(crate) answers: Vec<AnswerView<'a>>,
    pub(crate) note: Vec<&'a str>,
    pub(crate) by_reader: bool,
    pub(crate) reason: Vec<&'a str>,
    /// Where a customer can book another time; not where that takes a link.
    pub(crate) again: Option<String>,
    pub(crate) reference: String,
    /// What the calendar part does, if one comes with it. Of what was never confirmed no calendar knows.
    pub(crate) calendar: Option<&'static str>,
}

/// One date.
#[derive(Debug)]
pub(crate) struct RowView<'a> {
    pub(crate) when: When,
    pub(crate) was: Option<When>,
    /// Of a request there is a button to the first alone.
    pub(crate) page: Option<String>,
    /// The room at Jitsi.
    pub(crate) room: Option<String>,
    /// Only where Jitsi asks for one.
    pub(crate) password: Option<&'a str>,
}

impl<'a> SeriesView<'a> {
    /// Nothing where the letter tells of no booking.
    pub(crate) fn new(letter: &'a SeriesLetter, site: &Site) -> Option<Self> {
        let SeriesLetter { occasion, to, parts, event_type, host, .. } = letter;
        let booking = &parts.first()?.booking;
        let rule = &booking.series.as_ref()?.rule;
        let (customer, to_host) = (&booking.attendee, *to == Side::Host);
        let (reader_email, zone, other) = if to_host {
            (&host.email, host.time_zone, &customer.name)
        } else {
            (&customer.email, customer.time_zone, &host.name)
        };
        let (by, reason) = letter.changed.as_ref().map(|(by, note)| (*by, note)).unzip();
        let by_reader = by == Some(*to);
        let times = match parts.len() {
            1 => "once".to_owned(),
            count => format!("{count} times"),
        };
        let (word, did, calendar) = match occasion {
            Occasion::Requested => ("Requested", "requested", None),
            Occasion::Declined => ("Declined", "declined", None),
            Occasion::Expired => ("Expired", "expired", None),
            Occasion::Cancelled => {
                let is_known = letter.sequence > 0;
                ("Cancelled", "cancelled", is_known.then_some("takes them out of your calendar"))
            }
            Occasion::Moved => ("Moved", "moved", Some("moves them in your calendar")),
            _ => ("Booked", "booked", Some("adds them to any calendar")),
        };
        let headline = match (occasion, to) {
            (Occasion::Requested, Side::Customer) => format!("Your request is with {other}"),
            (Occasion::Requested, Side::Host) if parts.len() == 1 => {
                format!("{other} asks for a time")
            }
            (Occasion::Requested, Side::Host) => format!("{other} asks for {times}"),
            (Occasion::Declined, Side::Customer) => format!("{other} declined your request"),
            (Occasion::Declined, Side::Host) => "You declined this request".to_owned(),
            (Occasion::Expired, Side::Customer) => "Your request was not answered".to_owned(),
            (Occasion::Expired, Side::Host) => format!("{other}’s request has expired"),
            (Occasion::Cancelled | Occasion::Moved, _) if by_reader => {
                format!("You {did} these bookings")
            }
            (Occasion::Cancelled | Occasion::Moved, _) => {
                format!("{other} has {did} these bookings")
            }
            (_, Side::Customer) => format!("You’re booked {times}, {}", customer.name),
            (_, Side::Host) => format!("You’re booked {times} with {}", customer.name),
        };
        let is_struck =
            matches!(occasion, Occasion::Cancelled | Occasion::Declined | Occasion::Expired);
        let is_request = *occasion == Occasion::Requested;
        let can_book_again =
            is_struck && !to_host && event_type.terms.visibility != Visibility::Link;
        let row = |part| RowView::new(part, *to, zone, site, !is_struck && !is_request);
        let rows: Vec<_> = parts.iter().map(row).collect();
        Some(Self {
            product: PRODUCT,
            to_host,
            word,
            headline,
            title: event_type.terms.title.as_str(),
            host: host.name.as_str(),
            customer: customer.name.as_str(),
            customer_email: customer.email.as_str(),
            other: other.as_str(),
            reader_email: reader_email.as_str(),
            summary: format!("{times} from {}", when::short(booking.span, zone)),
            rhythm: rule.to_string(),
            has_rooms: rows.iter().any(|row| row.room.is_some()),
            rows,
            is_struck,
            said: said(*occasion, *to, booking, zone),
            button: is_request
                .then(|| {
                    let page = site.booking_page(&letter.parts.first()?.link);
                    let label = if to_host { "Answer the request" } else { "Open your request" };
                    Some((page, label))
                })
                .flatten(),
            is_moved: *occasion == Occasion::Moved,
            // What is not confirmed leads nowhere.
            place: PlaceView::of(booking, *to, host).filter(|_| !is_request),
            answers: if to_host && !is_struck { answers(booking) } else { Vec::new() },
            note: lines(&booking.note),
            by_reader,
            reason: reason.map(lines).unwrap_or_default(),
            again: can_book_again.then(|| {
                let site = site.public_url.as_str();
                format!("{site}/{}/{}", host.handle, event_type.terms.slug)
            }),
            reference: booking.id.to_string(),
            calendar,
        })
    }
}

/// What is said of a request, and of how it ended.
fn said(occasion: Occasion, to: Side, first: &Booking, zone: TimeZone) -> String {
    let until = || first.expires_at.map(|at| when::moment(at, zone)).unwrap_or_default();
    match (occasion, to) {
        (Occasion::Requested, Side::Host) => format!(
            "Say yes or no to all of them until {}. The times are kept until then.",
            until()
        ),
        (Occasion::Requested, Side::Customer) => format!(
            "The times are kept for you until {}. You get an email when your request is answered, \
             all of it at once.",
            until()
        ),
        (Occasion::Declined, _) => "The times are free for others again.".to_owned(),
        (Occasion::Expired, _) => {
            "Nobody answered in time, and the times are free for others again.".to_owned()
        }
        (Occasion::Cancelled, Side::Host) => "These times are free for others again.".to_owned(),
        _ => String::new(),
    }
}

impl<'a> RowView<'a> {
    fn new(part: &'a SeriesPart, reader: Side, zone: TimeZone, site: &Site, stands: bool) -> Self {
        let span = part.booking.span;
        let room = part.room.as_ref().filter(|_| stands);
        let length = span.end.since(span.start);
        let was = part.was.filter(|was| *was != span.start);
        let was = was.map(|start| Span { start, end: start.plus_micros(length) });
        Self {
            when: When::new(span, zone),
            was: was.map(|was| When::new(was, zone)),
            page: stands.then(|| site.booking_page(&part.link)),
            room: room.map(|room| site.told_room(room, &part.link)),
            password: room.and_then(|room| site.password(room, reader)),
        }
    }
}
