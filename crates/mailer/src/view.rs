//! What the templates show: facts in words, nothing to compute. One file of words, one of text and
//! one of HTML for each mail stand in `templates/mail`.

use askama::Template;
use roomkey_core::{
    account::User,
    booking::{Booking, Occurrence, Place, Side},
    event_type::Visibility,
    notice::{BookingLetter, Moved, Occasion, ProofLetter, WaitingLetter},
    question::Answer,
    room::Room,
    site::{PRODUCT, Site},
    text::{Note, PersonName},
    time::{Instant, Span, TimeZone},
    token::Token,
    waiting_list::{Offered, State, Wish},
};

use crate::{
    columns,
    when::{self, When},
};

/// Subject and both bodies of a mail.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// The three templates of one mail, over one view.
macro_rules! mail {
    ($view:ident, $render:ident, $subject:literal, $text:literal, $html:literal) => {
        pub(crate) fn $render(m: &$view<'_>) -> Result<Rendered, askama::Error> {
            #[derive(Template)]
            #[template(path = $subject)]
            struct Subject<'a> {
                m: &'a $view<'a>,
            }
            #[derive(Template)]
            #[template(path = $text)]
            struct Text<'a> {
                m: &'a $view<'a>,
            }
            #[derive(Template)]
            #[template(path = $html)]
            struct Html<'a> {
                m: &'a $view<'a>,
            }
            Ok(Rendered {
                subject: Subject { m }.render()?.trim().to_owned(),
                text: columns::fold(&Text { m }.render()?),
                html: Html { m }.render()?,
            })
        }
    };
}

pub(crate) mod series;

mail!(
    BookingView,
    booked,
    "mail/booked/subject.txt",
    "mail/booked/body.txt",
    "mail/booked/body.html"
);
mail!(BookingView, moved, "mail/moved/subject.txt", "mail/moved/body.txt", "mail/moved/body.html");
mail!(
    BookingView,
    request,
    "mail/request/subject.txt",
    "mail/request/body.txt",
    "mail/request/body.html"
);
mail!(
    BookingView,
    cancelled,
    "mail/cancelled/subject.txt",
    "mail/cancelled/body.txt",
    "mail/cancelled/body.html"
);
mail!(
    ResetView,
    password_reset,
    "mail/password_reset/subject.txt",
    "mail/password_reset/body.txt",
    "mail/password_reset/body.html"
);
mail!(
    ProofView,
    verify,
    "mail/verify/subject.txt",
    "mail/verify/body.txt",
    "mail/verify/body.html"
);
mail!(
    WaitingView,
    waiting,
    "mail/waiting/subject.txt",
    "mail/waiting/body.txt",
    "mail/waiting/body.html"
);
mail!(TestView, test, "mail/test/subject.txt", "mail/test/body.txt", "mail/test/body.html");

/// A booking as one of its two sides reads about it, or a guest.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "templates ask each by itself")]
pub(crate) struct BookingView<'a> {
    pub(crate) product: &'static str,
    pub(crate) to_host: bool,
    /// Whether somebody reads it whom the customer brings along.
    pub(crate) to_guest: bool,
    /// `Booked`, the subject's first word, where a booking stands.
    pub(crate) word: &'static str,
    pub(crate) headline: String,
    /// Of a request: what there is to know or do.
    pub(crate) request: Option<RequestView>,
    pub(crate) title: &'a str,
    pub(crate) host: &'a str,
    pub(crate) customer: &'a str,
    pub(crate) customer_email: &'a str,
    /// The name of the side that does not read.
    pub(crate) other: &'a str,
    pub(crate) reader_email: &'a str,
    /// In the reader's zone.
    pub(crate) when: When,
    /// In the other side's zone, if its clocks differ.
    pub(crate) their_when: Option<When>,
    /// Whether it is even another date there.
    pub(crate) their_date_differs: bool,
    pub(crate) short_when: String,
    pub(crate) key: Option<KeyView<'a>>,
    /// What is free again once it is called off: `time`, or `seat`.
    pub(crate) freed: &'static str,
    /// Whether a move closes the room: others with a seat may still be expected in it.
    pub(crate) closes_room: bool,
    /// Where they meet, if it is not in a room.
    pub(crate) place: Option<PlaceView>,
    /// Told to the host alone: who books with somebody else's address must not write to them.
    pub(crate) answers: Vec<AnswerView<'a>>,
    pub(crate) note: Vec<&'a str>,
    /// The time that the reader knew, in the reader's zone, if the booking was moved from it.
    pub(crate) was: Option<When>,
    /// Whether it was the reader who moved it or called it off.
    pub(crate) by_reader: bool,
    /// What was said then.
    pub(crate) reason: Vec<&'a str>,
    pub(crate) page: String,
    pub(crate) join: String,
    pub(crate) cancel: String,
    pub(crate) reschedule: String,
    /// Where a customer can book another time; not where that takes a link.
    pub(crate) again: Option<String>,
    pub(crate) reference: String,
    /// Where its reader says that they want no more of its kind: of a reminder, which nobody needs.
    pub(crate) unsubscribe: Option<String>,
    /// What the calendar part does, if one comes with it. Of a booking that was never confirmed no
    /// calendar knows.
    pub(crate) calendar: Option<&'static str>,
}

/// What there is to know of a request, and to do about it.
#[derive(Debug)]
pub(crate) struct RequestView {
    /// `Requested`, the subject's first word.
    pub(crate) word: &'static str,
    pub(crate) text: String,
    /// Times to choose from, in the reader's zone.
    pub(crate) times: Vec<When>,
    /// Where a button leads and what it says.
    pub(crate) button: Option<(String, &'static str)>,
}

impl RequestView {
    fn new(letter: &BookingLetter, own: TimeZone, page: &str) -> Option<Self> {
        let booking = &letter.booking;
        let until = booking.expires_at.map(|at| when::moment(at, own)).unwrap_or_default();
        let button = |label| Some((page.to_owned(), label));
        let (word, text, button) = match (letter.occasion, letter.to) {
            (Occasion::Requested, Side::Host) => (
                "Requested",
                format!("Say yes or no until {until}. The time is kept until then."),
                button("Answer the request"),
            ),
            (Occasion::Requested, Side::Customer) => (
                "Requested",
                format!(
                    "The time is kept for you until {until}. You get an email when it is answered."
                ),
                button("Open your request"),
            ),
            (Occasion::Declined, _) => {
                ("Declined", format!("The {} is free for others again.", freed(booking)), None)
            }
            (Occasion::Expired, _) => (
                "Expired",
                format!(
                    "Nobody answered in time, and the {} is free for others again.",
                    freed(booking)
                ),
                None,
            ),
            (
                Occasion::Proposed
                | Occasion::ProposalDeclined
                | Occasion::ProposalLapsed
                | Occasion::ProposalWithdrawn,
                _,
            ) => {
                return Self::of_proposal(letter, own, page);
            }
            (
                Occasion::Booked
                | Occasion::Moved
                | Occasion::Changed
                | Occasion::GuestAdded
                | Occasion::Cancelled
                | Occasion::Reminder(_),
                _,
            ) => return None,
        };
        Some(Self { word, text, times: Vec::new(), button })
    }

    fn of_proposal(letter: &BookingLetter, own: TimeZone, page: &str) -> Option<Self> {
        let proposal = letter.proposal.as_ref()?;
        let span = letter.booking.span;
        let length = span.end.since(span.start);
        let when =
            |&start: &Instant| When::new(Span { start, end: start.plus_micros(length) }, own);
        let until = when::moment(proposal.expires_at, own);
        let answer = |label| Some((format!("{page}/proposal"), label));
        let stands = "The booking stays as it is.";
        let (word, text, button) = match (letter.occasion, proposal.by) {
            (Occasion::Proposed, Side::Host) => (
                "Other times",
                format!("Choose one until {until}. Until then the booking stays as it is:"),
                answer("Choose a time"),
            ),
            (Occasion::Proposed, Side::Customer) => (
                "Asked to move",
                format!("Answer until {until}. Both times are kept until then. They ask for:"),
                answer("Answer"),
            ),
            (Occasion::ProposalDeclined, Side::Host) => (
                "Times declined",
                format!("None of the times that you proposed suits. {stands}"),
                None,
            ),
            (Occasion::ProposalDeclined, Side::Customer) => {
                ("Not moved", format!("{stands} This is what you asked for:"), None)
            }
            (Occasion::ProposalWithdrawn, _) => {
                ("Taken back", format!("{stands} This is what they had asked for:"), None)
            }
            (_, Side::Host) => ("Not answered", stands.to_owned(), None),
            (_, Side::Customer) => (
                "Not moved",
                format!("Nobody answered in time. {stands} This is what you asked for:"),
                None,
            ),
        };
        let is_told = letter.occasion == Occasion::Proposed || proposal.by == Side::Customer;
        let times = proposal.starts.iter().filter(|_| is_told).map(when).collect();
        Some(Self { word, text, times, button })
    }
}

/// Where they meet.
#[derive(Debug)]
pub(crate) struct PlaceView {
    pub(crate) lines: Vec<String>,
    pub(crate) link: Option<String>,
}

impl PlaceView {
    fn of(booking: &Booking, reader: Side, host: &User) -> Option<Self> {
        let Place { text, link } = booking.place(reader, &host.name)?;
        Some(Self { lines: text.lines().map(str::to_owned).collect(), link })
    }
}

fn answers(booking: &Booking) -> Vec<AnswerView<'_>> {
    let answer = |answer: &'_ Answer| answer.value.to_string().lines().map(str::to_owned).collect();
    let view = booking.answers.iter().map(|each| (each.label.as_str(), answer(each)));
    view.map(|(label, lines)| AnswerView { label, lines }).collect()
}

/// An answer to a question.
#[derive(Debug)]
pub(crate) struct AnswerView<'a> {
    pub(crate) label: &'a str,
    pub(crate) lines: Vec<String>,
}

/// What opens the room.
#[derive(Debug)]
pub(crate) struct KeyView<'a> {
    /// The room at Jitsi, for any device. Buttons lead to the join page instead, which knows when
    /// the room is open.
    pub(crate) url: String,
    /// Only where Jitsi asks for one.
    pub(crate) password: Option<&'a str>,
    /// When it opens and closes.
    pub(crate) opening: String,
    /// Who waits in the lobby, where there is one.
    pub(crate) lobby: Option<String>,
}

impl<'a> BookingView<'a> {
    pub(crate) fn new(letter: &'a BookingLetter, site: &Site) -> Self {
        let BookingLetter { booking, host, event_type, link, .. } = letter;
        let customer = &booking.attendee;
        let to_host = letter.to == Side::Host;
        let (reader_email, own, their, other) = if to_host {
            (&host.email, host.time_zone, customer.time_zone, &customer.name)
        } else {
            (&customer.email, customer.time_zone, host.time_zone, &host.name)
        };
        let (by, reason) = match (&letter.moved, &booking.cancelled, &letter.proposal) {
            (Some(moved), ..) => (Some(moved.by), Some(&moved.note)),
            (None, Some((by, reason)), _) => (Some(*by), Some(reason)),
            (None, None, Some(proposal)) => match letter.occasion {
                Occasion::Proposed => (Some(proposal.by), Some(&proposal.note)),
                Occasion::ProposalDeclined => {
                    (Some(proposal.answered_by()), Some(&proposal.answer))
                }
                _ => (None, None),
            },
            (None, None, None) => (None, None),
        };
        let by_reader = by == Some(letter.to) && letter.guest.is_none();
        let to_guest = letter.guest.is_some();
        let span = booking.span;
        let same_clocks = [span.start, span.end].iter().all(|&at| own.local(at) == their.local(at));
        let page = site.booking_page(link);
        let reader_email = letter.guest.as_ref().map_or(reader_email, |guest| &guest.email);
        // Of what their host did a guest reads the host's name, and the customer's of the rest.
        let who = if to_guest && by != Some(Side::Host) { &customer.name } else { other };
        let can_book_again = !to_host
            && !to_guest
            && letter.occasion != Occasion::Requested
            && letter.proposal.is_none()
            && event_type.terms.visibility != Visibility::Link;
        Self {
            product: PRODUCT,
            to_host,
            to_guest,
            word: match letter.occasion {
                Occasion::Changed | Occasion::GuestAdded => "Changed",
                Occasion::Reminder(_) => "Reminder",
                _ => "Booked",
            },
            headline: headline(letter, by_reader, who),
            request: RequestView::new(letter, own, &page),
            title: event_type.terms.title.as_str(),
            host: host.name.as_str(),
            customer: customer.name.as_str(),
            customer_email: customer.email.as_str(),
            other: other.as_str(),
            reader_email: reader_email.as_str(),
            when: When::new(span, own),
            their_date_differs: own.date(span.start) != their.date(span.start),
            their_when: (!same_clocks).then(|| When::new(span, their)),
            short_when: when::short(span, own),
            freed: freed(booking),
            closes_room: letter.room.is_some() && booking.session.is_none(),
            key: match (letter.occasion, &letter.room) {
                (
                    Occasion::Booked
                    | Occasion::Moved
                    | Occasion::Changed
                    | Occasion::GuestAdded
                    | Occasion::Reminder(_),
                    Some(room),
                ) => Some(KeyView::new(letter, room, own, site)),
                _ => None,
            },
            place: PlaceView::of(booking, letter.to, host),
            answers: if to_host { answers(booking) } else { Vec::new() },
            // Nor may they write to whoever they bring along.
            note: if to_guest { Vec::new() } else { lines(&booking.note) },
            was: letter.moved.as_ref().and_then(|moved| was(moved, span, own)),
            by_reader,
            reason: reason
                .filter(|_| !to_guest || by == Some(Side::Host))
                .map(lines)
                .unwrap_or_default(),
            join: site.join_page(link),
            cancel: format!("{page}/cancel"),
            unsubscribe: (matches!(letter.occasion, Occasion::Reminder(_)) && !to_host)
                .then(|| site.reminders_page(link)),
            reschedule: format!("{page}/reschedule"),
            page,
            again: can_book_again.then(|| {
                let site = site.public_url.as_str();
                format!("{site}/{}/{}", host.handle, event_type.terms.slug)
            }),
            reference: booking.id.to_string(),
            calendar: calendar_part(letter),
        }
    }
}

/// What the calendar part of a mail does, if one comes with it.
fn calendar_part(letter: &BookingLetter) -> Option<&'static str> {
    match letter.occasion {
        Occasion::Requested
        | Occasion::Declined
        | Occasion::Expired
        | Occasion::Proposed
        | Occasion::ProposalDeclined
        | Occasion::ProposalLapsed
        | Occasion::ProposalWithdrawn
        | Occasion::Reminder(_) => None,
        Occasion::Booked => Some("adds it to any calendar"),
        Occasion::Moved => Some("moves it in your calendar"),
        Occasion::Changed | Occasion::GuestAdded => Some("changes it in your calendar"),
        Occasion::Cancelled => (letter.sequence > 0).then_some("takes it out of your calendar"),
    }
}

/// What the mail says first. `who` did what it tells, if not the reader.
fn headline(letter: &BookingLetter, by_reader: bool, who: &PersonName) -> String {
    let customer = &letter.booking.attendee;
    match (letter.occasion, letter.to) {
        (Occasion::Requested, Side::Customer) => format!("Your request is with {who}"),
        (Occasion::Requested, Side::Host) => format!("{who} asks for a time"),
        (Occasion::Declined, Side::Customer) => format!("{who} declined your request"),
        (Occasion::Declined, Side::Host) => "You declined this request".to_owned(),
        (Occasion::Expired, Side::Customer) => "Your request was not answered".to_owned(),
        (Occasion::Expired, Side::Host) => format!("{who}’s request has expired"),
        (Occasion::Cancelled, _) if letter.guest.as_ref().is_some_and(|g| g.removed) => {
            "You are no longer expected".to_owned()
        }
        (Occasion::Booked, _) if letter.guest.is_some() => {
            format!("{} brings you along", customer.name)
        }
        (Occasion::Booked, Side::Customer) => format!("You’re booked, {}", customer.name),
        (Occasion::Booked, Side::Host) => format!("You’re booked with {}", customer.name),
        (Occasion::Moved, _) if by_reader => "You moved this booking".to_owned(),
        (Occasion::Moved, _) => format!("{who} has moved this booking"),
        (Occasion::Changed, _) => "There is a new room for this booking".to_owned(),
        (Occasion::GuestAdded, _) => "Somebody else comes along".to_owned(),
        (Occasion::Reminder(_), Side::Customer) => {
            format!("Your booking with {} is coming up", letter.host.name)
        }
        (Occasion::Reminder(_), Side::Host) => {
            format!("Your booking with {} is coming up", customer.name)
        }
        (Occasion::Cancelled, _) if by_reader => "You cancelled this booking".to_owned(),
        (Occasion::Cancelled, _) => format!("{who} has cancelled"),
        (Occasion::Proposed, Side::Customer) => format!("{who} proposes other times"),
        (Occasion::Proposed, Side::Host) => format!("{who} asks for another time"),
        (Occasion::ProposalDeclined, Side::Customer) => {
            format!("{who} can not move this booking to the time that you asked for")
        }
        (Occasion::ProposalDeclined, Side::Host) => format!("{who} keeps the time as it is"),
        (Occasion::ProposalLapsed, _) => format!("{who} did not answer"),
        (Occasion::ProposalWithdrawn, _) => format!("{who} no longer asks for another time"),
    }
}

impl<'a> KeyView<'a> {
    fn new(letter: &'a BookingLetter, room: &'a Room, zone: TimeZone, site: &Site) -> Self {
        let start = letter.booking.span.start;
        let early = room.opens_before(start);
        let window = when::window(room.window, early, zone.date(start), zone);
        Self {
            url: site.told_room(room, &letter.link),
            password: site.password(room, letter.to),
            opening: format!("The room {window}."),
            lobby: room.lobby.then(|| lobby(letter, room, site)).flatten(),
        }
    }
}

/// Who waits in the lobby, as far as Jitsi was told of it.
fn lobby(letter: &BookingLetter, room: &Room, site: &Site) -> Option<String> {
    let told = match (site.server(room).mode.asks_us(), room.knock, letter.to) {
        (false, ..) => return None,
        (true, false, _) => {
            "The password leads past the lobby; others wait there to be let in.".to_owned()
        }
        (true, true, Side::Host) => {
            "The password is for you alone: everybody else waits in the lobby until you let them in."
                .to_owned()
        }
        (true, true, Side::Customer) => {
            format!("You wait at its door until {} lets you in.", letter.host.name)
        }
    };
    Some(told)
}

/// A link by which somebody shows that the address is theirs.
#[derive(Debug)]
pub(crate) struct ProofView<'a> {
    pub(crate) product: &'static str,
    pub(crate) title: &'a str,
    pub(crate) host: &'a str,
    pub(crate) email: &'a str,
    /// In the zone of whoever booked.
    pub(crate) when: When,
    /// In the host's zone, if its clocks differ.
    pub(crate) their_when: Option<When>,
    pub(crate) their_date_differs: bool,
    pub(crate) short_when: String,
    /// How it repeats, if it does.
    pub(crate) repeats: Option<String>,
    /// Whether the host is asked then.
    pub(crate) asks_first: bool,
    pub(crate) link: String,
    pub(crate) until: String,
    pub(crate) reference: String,
}

impl<'a> ProofView<'a> {
    pub(crate) fn new(letter: &'a ProofLetter, site: &Site) -> Self {
        let ProofLetter { booking, event_type, host, link, .. } = letter;
        let (own, their) = (booking.attendee.time_zone, host.time_zone);
        let span = booking.span;
        let same_clocks = [span.start, span.end].iter().all(|&at| own.local(at) == their.local(at));
        Self {
            product: PRODUCT,
            title: event_type.terms.title.as_str(),
            host: host.name.as_str(),
            email: booking.attendee.email.as_str(),
            when: When::new(span, own),
            their_when: (!same_clocks).then(|| When::new(span, their)),
            their_date_differs: own.date(span.start) != their.date(span.start),
            short_when: when::short(span, own),
            repeats: booking.series.as_ref().map(Occurrence::in_words),
            asks_first: event_type.terms.confirm_within.is_some(),
            link: site.proof_page(link),
            until: booking.expires_at.map(|at| when::moment(at, own)).unwrap_or_default(),
            reference: booking.id.to_string(),
        }
    }
}

/// Somebody in a waiting list reads where they are in it, or what they are offered.
#[derive(Debug)]
pub(crate) struct WaitingView<'a> {
    pub(crate) product: &'static str,
    pub(crate) headline: &'static str,
    pub(crate) title: &'a str,
    pub(crate) host: &'a str,
    pub(crate) email: &'a str,
    /// What they wait for.
    pub(crate) wish: String,
    /// Whether they must show first that the address is theirs.
    pub(crate) proves: bool,
    pub(crate) offer: Option<OfferView>,
    /// How long a time is kept, if the list is still there.
    pub(crate) kept: String,
    pub(crate) link: String,
    pub(crate) reference: String,
}

/// A time that is kept for somebody.
#[derive(Debug)]
pub(crate) struct OfferView {
    /// In their zone.
    pub(crate) when: When,
    /// In the host's zone, if its clocks differ.
    pub(crate) their_when: Option<When>,
    pub(crate) their_date_differs: bool,
    pub(crate) short_when: String,
    pub(crate) until: String,
}

impl OfferView {
    fn new(Offered { span, until }: Offered, own: TimeZone, their: TimeZone) -> Self {
        let same_clocks = [span.start, span.end].iter().all(|&at| own.local(at) == their.local(at));
        Self {
            when: When::new(span, own),
            their_when: (!same_clocks).then(|| When::new(span, their)),
            their_date_differs: own.date(span.start) != their.date(span.start),
            short_when: when::short(span, own),
            until: when::moment(until, own),
        }
    }
}

impl<'a> WaitingView<'a> {
    pub(crate) fn new(letter: &'a WaitingLetter, site: &Site) -> Self {
        let WaitingLetter { entry, event_type, host, link, .. } = letter;
        let proves = entry.in_line_since.is_none();
        let offer = match entry.state {
            State::Offered(offered) => {
                Some(OfferView::new(offered, entry.time_zone, host.time_zone))
            }
            State::Waiting | State::Booked | State::Left | State::Lapsed => None,
        };
        Self {
            product: PRODUCT,
            headline: match (&offer, proves) {
                (Some(_), _) => "A time is free",
                (None, true) => "Confirm your place on the waiting list",
                (None, false) => "You are on the waiting list",
            },
            title: event_type.terms.title.as_str(),
            host: host.name.as_str(),
            email: entry.email.as_str(),
            wish: wish(entry.wish),
            proves,
            offer,
            kept: event_type.terms.waiting_list().map(|kept| kept.to_string()).unwrap_or_default(),
            link: site.waiting_entry_page(link),
            reference: entry.id.to_string(),
        }
    }
}

/// What somebody waits for, in words.
fn wish(Wish { duration, day, until }: Wish) -> String {
    match (day, until) {
        (Some(day), _) => format!("{duration} on {}", when::date(day)),
        (None, Some(until)) => format!("{duration} on any day until {}", when::date(until)),
        (None, None) => format!("{duration} on any day"),
    }
}

/// A link to choose a new password.
#[derive(Debug)]
pub(crate) struct ResetView<'a> {
    pub(crate) product: &'static str,
    pub(crate) email: &'a str,
    pub(crate) link: String,
    pub(crate) until: String,
    pub(crate) site: &'a str,
}

impl<'a> ResetView<'a> {
    pub(crate) fn new(user: &'a User, token: &Token, expires_at: Instant, site: &'a Site) -> Self {
        Self {
            product: PRODUCT,
            email: user.email.as_str(),
            link: site.reset_page(token),
            until: when::moment(expires_at, user.time_zone),
            site: site.public_url.as_str(),
        }
    }
}

/// A mail that only shows that mail arrives.
#[derive(Debug)]
pub(crate) struct TestView<'a> {
    pub(crate) product: &'static str,
    pub(crate) site: &'a str,
}

/// What is free again once a booking is called off: others may still be expected at the time.
const fn freed(booking: &Booking) -> &'static str {
    if booking.session.is_some() { "seat" } else { "time" }
}

/// The time that a reader knew, if it is another one than now.
fn was(moved: &Moved, now: Span, zone: TimeZone) -> Option<When> {
    let length = now.end.since(now.start);
    let was = Span { start: moved.was, end: moved.was.plus_micros(length) };
    (was != now).then(|| When::new(was, zone))
}

fn lines(note: &Note) -> Vec<&str> {
    note.as_str().lines().collect()
}
