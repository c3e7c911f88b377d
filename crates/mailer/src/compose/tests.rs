use std::{collections::BTreeSet, fmt::Debug, str::FromStr};

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use proptest::prelude::*;
use roomkey_core::{
    account::{Role, User},
    booking::{Attendee, Booking, Proof, Status},
    event_type::{Buffers, EventType, Location, Terms},
    ids::{AttendeeId, BookingId, EventTypeId, OutboxId, RoomId, UserId, WaitingEntryId},
    jitsi::{JitsiMode, JitsiServers},
    notice::WaitingOccasion,
    proof_key::{ProofKey, Purpose},
    random::Entropy,
    room::{Room, RoomName, RoomPassword},
    text::{Note, PersonName, Title},
    time::{Minutes, Span, Weekday},
    token::Token,
    waiting_list::{Entry, Offered, State, Wish},
};

use super::*;

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn composer(jitsi_mode: JitsiMode) -> Composer {
    let site = Site {
        public_url: "https://book.example.org".parse().unwrap(),
        jitsi: JitsiServers::one("https://meet.example.org".parse().unwrap(), jitsi_mode),
    };
    Composer::new(site, "Roomkey <no-reply@book.example.org>".parse().unwrap())
}

fn now() -> Instant {
    Instant::parse("2026-10-01T10:00:00Z").unwrap()
}

fn booked(to: Side) -> BookingLetter {
    let host = User {
        id: UserId::new(now(), &Sevens),
        email: "mara@studio.example".parse().unwrap(),
        name: "Mara Lindqvist".parse().unwrap(),
        handle: "mara".parse().unwrap(),
        role: Role::Owner,
        time_zone: "Europe/Stockholm".parse().unwrap(),
        week_start: Weekday::Mon,
    };
    let event_type = EventType {
        id: EventTypeId::new(now(), &Sevens),
        host: host.id,
        terms: Terms::usual(
            "consultation".parse().unwrap(),
            "Project consultation".parse().unwrap(),
            "".parse().unwrap(),
            Minutes(45),
        ),
    };
    let id = BookingId::new(now(), &Sevens);
    let span = Span::lasting(Instant::parse("2026-10-08T11:45:00Z").unwrap(), Minutes(45));
    BookingLetter {
        guest: None,
        occasion: Occasion::Booked,
        to,
        sequence: 0,
        moved: None,
        proposal: None,
        booking: Booking {
            guests: Vec::new(),
            session: None,
            series: None,
            id,
            event_type: event_type.id,
            host: host.id,
            status: Status::Confirmed,
            expires_at: None,
            version: 1,
            span,
            buffers: Buffers::default(),
            ical_uid: format!("{id}@book.example.org"),
            ical_sequence: 0,
            attendee: Attendee {
                proof: Proof::NotAsked,
                id: AttendeeId::new(now(), &Sevens),
                name: "Ada Okafor".parse().unwrap(),
                email: "ada@customers.example".parse().unwrap(),
                time_zone: "Europe/London".parse().unwrap(),
                attendance: None,
            },
            location: Location::Jitsi,
            answers: Vec::new(),
            note: "Renovation. 1930s terrace in Hove, planning permission for a side return \
                   already granted.\n<b>See</b> https://plans.example"
                .parse()
                .unwrap(),
            created_at: now(),
            cancelled: None,
            agreed: None,
        },
        room: Some(Room {
            id: RoomId::new(now(), &Sevens),
            booking: Some(id),
            generation: 1,
            name: RoomName::new(&Sevens),
            password: RoomPassword::from_stored("tern-moss-quilt-48275".to_owned()),
            window: Room::window(span, &event_type.terms.room),
            max_occupants: None,
            lobby: false,
            knock: false,
            server: None,
            revoked: false,
        }),
        event_type,
        host,
        link: Token::new(&Sevens),
    }
}

fn cancelled(to: Side, by: Side) -> BookingLetter {
    let mut letter = booked(to);
    letter.occasion = Occasion::Cancelled;
    letter.sequence = 1;
    letter.booking.status = Status::Cancelled;
    letter.booking.ical_sequence = 1;
    letter.booking.cancelled = Some((by, "The boiler burst.".parse().unwrap()));
    letter
}

#[test]
fn what_no_calendar_has_is_called_off_without_a_calendar_part() {
    let mut unconfirmed = cancelled(Side::Customer, Side::Host);
    unconfirmed.sequence = 0;
    let mail = compose(unconfirmed);
    let message = read(&mail);
    let text = String::from_utf8_lossy(&mail.bytes);
    assert!(!text.contains("text/calendar") && !text.contains("invite.ics"), "{text}");
    assert!(!text.contains("In-Reply-To"), "there was no invitation: {text}");
    for body in bodies(&message) {
        assert!(body.contains("The boiler burst.") && !body.contains("calendar"), "{body}");
    }
}

#[test]
fn a_mail_to_an_unproven_address_says_nothing_that_its_writer_chose() {
    let BookingLetter { mut booking, event_type, host, .. } = booked(Side::Customer);
    booking.attendee.name = "Free Money".parse().unwrap();
    booking.expires_at = Some(now().plus(Minutes(15)));
    let link = ProofKey::new([7; 32]).link(Purpose::Prove, booking.attendee.id);
    let id = booking.id;
    let page = format!("https://book.example.org/b/{}/verify", link.expose());
    let make = |event_type: EventType| {
        let (booking, host, link) = (booking.clone(), host.clone(), link.clone());
        let proof = ProofLetter { resent: 0, booking, event_type, host, link };
        let letter = letter(Content::Proof(Box::new(proof)));
        composer(JitsiMode::Reservations).compose(&letter).unwrap()
    };
    let mail = make(event_type.clone());
    let message = read(&mail);
    assert_eq!(
        message.subject(),
        Some("Confirm your booking: Project consultation, Thu 8 Oct, 12:45 (London)")
    );
    assert_eq!(message.reply_to(), None);
    assert!(mail.message_id.starts_with(&format!("<bk.{id}.0.")), "{}", mail.message_id);
    let raw = String::from_utf8_lossy(&mail.bytes);
    assert!(!raw.contains("text/calendar") && !raw.contains("Free Money"), "{raw}");
    for body in bodies(&message) {
        let body = body.replace('\n', " ");
        assert!(body.contains(&page) && body.contains("ada@customers.example"), "{body}");
        assert!(body.contains("The time is kept until 11:15"), "{body}");
        for secret in ["terrace", "tern-moss", "meet.example.org", "/b/BwcH", "mara@studio.example"]
        {
            assert!(!body.contains(secret), "{secret}: {body}");
        }
    }
    let mut asks = event_type;
    asks.terms.confirm_within = Some(Minutes(60));
    let mail = make(asks);
    let subject = read(&mail).subject().map(str::to_owned);
    assert!(subject.is_some_and(|subject| subject.starts_with("Send your request: ")));
}

#[test]
fn who_waits_is_told_where_they_are_and_what_they_are_offered() {
    let BookingLetter { booking, mut event_type, host, .. } = booked(Side::Customer);
    event_type.terms.waiting_list = Some(Minutes(30));
    let wish = Wish { duration: Minutes(45), day: None, until: None };
    let entry = Entry {
        id: WaitingEntryId::new(now(), &Sevens),
        event_type: event_type.id,
        host: host.id,
        name: "Free Money".parse().unwrap(),
        email: "ada@customers.example".parse().unwrap(),
        time_zone: "Europe/London".parse().unwrap(),
        wish,
        joined_at: now(),
        in_line_since: Some(now()),
        over_at: now().plus(Minutes(600)),
        state: State::Waiting,
    };
    let page = "https://book.example.org/w/BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
    let make = |occasion, entry: Entry| {
        let (event_type, host) = (event_type.clone(), host.clone());
        let link = Token::new(&Sevens);
        let waiting = WaitingLetter { occasion, entry, event_type, host, link };
        let letter = letter(Content::Waiting(Box::new(waiting)));
        composer(JitsiMode::Reservations).compose(&letter).unwrap()
    };
    let check = |mail: &Mail, subject: &str, says: &str| {
        let message = read(mail);
        assert_eq!(message.subject(), Some(subject));
        assert_eq!(header(&message, "Auto-Submitted"), "auto-generated");
        let raw = String::from_utf8_lossy(&mail.bytes);
        assert!(!raw.contains("text/calendar") && !raw.contains("Free Money"), "{raw}");
        for body in bodies(&message) {
            let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(body.contains(page) && body.contains(says), "{body}");
        }
    };
    let mail = make(WaitingOccasion::Joined, entry.clone());
    check(&mail, "On the waiting list: Project consultation", "kept for you for 30 minutes.");
    assert!(mail.message_id.starts_with(&format!("<wl.{}.waiting_joined@", entry.id)));
    let reply_to = read(&mail).reply_to().unwrap().first().unwrap().address().map(str::to_owned);
    assert_eq!(reply_to.as_deref(), Some("mara@studio.example"));

    let day = Some("2026-10-08".parse().unwrap());
    let unproven = Entry { in_line_since: None, wish: Wish { day, ..wish }, ..entry.clone() };
    let mail = make(WaitingOccasion::Joined, unproven);
    let subject = "Confirm your place on the waiting list: Project consultation";
    check(&mail, subject, "45 minutes on Thursday 8 October 2026");
    assert!(read(&mail).reply_to().is_none());

    let until = Instant::parse("2026-10-01T13:32:00Z").unwrap();
    let state = State::Offered(Offered { span: booking.span, until });
    let mail = make(WaitingOccasion::Offered, Entry { state, ..entry });
    let subject = "A time is free: Project consultation, Thu 8 Oct, 12:45 (London)";
    check(&mail, subject, "kept for you until 14:32 on Thursday 1 October 2026 (London).");
}

fn letter(content: Content) -> Letter {
    Letter { id: OutboxId::new(now(), &Sevens), queued_at: now(), attempts: 0, content }
}

fn compose(booking: BookingLetter) -> Mail {
    let letter = letter(Content::Booking(Box::new(booking)));
    composer(JitsiMode::Reservations).compose(&letter).unwrap()
}

fn read(mail: &Mail) -> Message<'_> {
    MessageParser::default().parse(&mail.bytes).unwrap()
}

/// Text and HTML as a mail program decodes them.
fn bodies(message: &Message<'_>) -> [String; 2] {
    [message.body_text(0).unwrap().into_owned(), message.body_html(0).unwrap().into_owned()]
}

fn header<'a>(message: &'a Message<'_>, name: &str) -> &'a str {
    message.header(name.to_owned()).and_then(|value| value.as_text()).unwrap_or_default()
}

#[test]
fn an_invitation_has_the_parts_that_mail_programs_look_for() {
    let mail = compose(booked(Side::Customer));
    let message = read(&mail);
    let kinds: Vec<_> = message
        .parts
        .iter()
        .map(|part| {
            let kind = part.content_type().unwrap();
            format!("{}/{}", kind.c_type, kind.c_subtype.as_deref().unwrap())
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "text/calendar",
            "application/ics"
        ]
    );
    let calendar = &message.parts[4];
    assert_eq!(calendar.content_type().unwrap().attribute("method"), Some("REQUEST"));
    assert!(calendar.content_disposition().is_none());
    let file = &message.parts[5];
    assert_eq!(file.attachment_name(), Some("invite.ics"));
    assert_eq!(file.contents(), calendar.contents());
    assert!(calendar.contents().windows(2).any(|pair| pair == b"\r\n"));
    assert!(mail.bytes.is_ascii());
}

#[test]
fn who_writes_to_whom() {
    let mail = compose(booked(Side::Customer));
    let message = read(&mail);
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Mara Lindqvist via Roomkey"));
    assert_eq!(from.address(), Some("no-reply@book.example.org"));
    let to = message.to().unwrap().first().unwrap();
    assert_eq!((to.name(), to.address()), (Some("Ada Okafor"), Some("ada@customers.example")));
    let reply_to = message.reply_to().unwrap().first().unwrap();
    assert_eq!(reply_to.address(), Some("mara@studio.example"));
    assert_eq!(header(&message, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&message, "X-Auto-Response-Suppress"), "All");

    let mail = compose(booked(Side::Host));
    let message = read(&mail);
    // A customer's name is never what the host's mail claims to come from.
    assert_eq!(message.from().unwrap().first().unwrap().name(), Some("Roomkey"));
    let reply_to = message.reply_to().unwrap().first().unwrap();
    assert_eq!(reply_to.address(), Some("ada@customers.example"));
}

#[test]
fn each_reader_has_both_clocks_own_first() {
    let mail = compose(booked(Side::Customer));
    let message = read(&mail);
    assert_eq!(message.subject(), Some("Booked: Project consultation, Thu 8 Oct, 12:45 (London)"));
    let [text, html] = bodies(&message);
    assert!(text.contains("Thursday 8 October 2026, 12:45 - 13:30 (London)"), "{text}");
    assert!(text.contains("in Stockholm it is 13:45 - 14:30."), "{text}");
    assert!(
        text.contains("opens at 12:35, 10 minutes early, and closes at 13:45 (London)."),
        "{text}"
    );
    assert!(html.contains("12:45 – 13:30") && html.contains("London time."), "{html}");

    let mail = compose(booked(Side::Host));
    let message = read(&mail);
    assert_eq!(
        message.subject(),
        Some("Booked: Project consultation with Ada Okafor, Thu 8 Oct, 13:45 (Stockholm)")
    );
    let [text, _] = bodies(&message);
    assert!(text.contains("13:45 - 14:30 (Stockholm)"), "{text}");
    assert!(text.contains("in London it is 12:45 - 13:30."), "{text}");
}

#[test]
fn the_key_is_in_text_and_html_and_nowhere_else() {
    for to in [Side::Customer, Side::Host] {
        let letter = booked(to);
        let room = letter.room.clone().unwrap();
        let url = format!("https://meet.example.org/{}", room.name.expose());
        let mail = compose(letter);
        let message = read(&mail);
        for body in bodies(&message) {
            assert!(body.contains(&url) && body.contains(room.password.expose()), "{body}");
            assert!(body.contains("/join"), "{body}");
        }
        assert!(!message.subject().unwrap().contains(room.password.expose()));
        let calendar = String::from_utf8_lossy(message.parts[4].contents()).replace("\r\n ", "");
        assert!(!calendar.contains(room.password.expose()), "{calendar}");
        assert!(!calendar.contains(room.name.expose()), "{calendar}");
    }
}

#[test]
fn where_jitsi_asks_for_no_password_none_is_shown() {
    let letter = letter(Content::Booking(Box::new(booked(Side::Customer))));
    let mail = composer(JitsiMode::Link).compose(&letter).unwrap();
    for body in bodies(&read(&mail)) {
        assert!(!body.contains("tern-moss-quilt") && !body.contains("Password"), "{body}");
        assert!(body.contains("https://meet.example.org/"), "{body}");
    }
}

#[test]
fn a_cancellation_answers_the_invitation_and_holds_no_key() {
    for (to, by, headline) in [
        (Side::Customer, Side::Host, "Mara Lindqvist has cancelled"),
        (Side::Customer, Side::Customer, "You cancelled this booking"),
        (Side::Host, Side::Customer, "Ada Okafor has cancelled"),
    ] {
        let invitation = compose(booked(to));
        let letter = cancelled(to, by);
        let room = letter.room.clone().unwrap();
        let mail = compose(letter);
        let message = read(&mail);
        let first = invitation.message_id.trim_matches(['<', '>']);
        assert_eq!(message.in_reply_to().as_text(), Some(first));
        assert_eq!(message.references().as_text(), Some(first));
        assert_ne!(mail.message_id, invitation.message_id);
        assert!(message.subject().unwrap().starts_with("Cancelled: Project consultation"));
        assert_eq!(message.parts[4].content_type().unwrap().attribute("method"), Some("CANCEL"));
        for body in bodies(&message) {
            assert!(body.contains(headline) && body.contains("The boiler burst."), "{body}");
            for gone in [room.password.expose(), room.name.expose(), "/join"] {
                assert!(!body.contains(gone), "{gone} in {body}");
            }
        }
    }
}

#[test]
fn a_repeat_has_the_same_message_id_and_date() {
    let [first, second] = [0, 7].map(|attempts| {
        let mut letter = letter(Content::Booking(Box::new(booked(Side::Customer))));
        letter.attempts = attempts;
        composer(JitsiMode::Reservations).compose(&letter).unwrap()
    });
    assert_eq!(first.message_id, second.message_id);
    assert_eq!(read(&first).date(), read(&second).date());
    assert!(first.message_id.starts_with("<bk.01"), "{}", first.message_id);
    assert!(first.message_id.ends_with(".booked@book.example.org>"), "{}", first.message_id);
}

#[test]
fn a_password_reset_is_one_link_with_its_end() {
    let user = booked(Side::Host).host;
    let token = Token::new(&Sevens);
    let expires_at = now().plus(Minutes(60));
    let content = Content::PasswordReset { user, token: token.clone(), expires_at };
    let mail = composer(JitsiMode::Reservations).compose(&letter(content)).unwrap();
    let message = read(&mail);
    assert_eq!(message.subject(), Some("Choose a new Roomkey password"));
    assert!(message.reply_to().is_none());
    for body in bodies(&message) {
        let link = format!("https://book.example.org/reset-password/{}", token.expose());
        assert!(
            body.contains(&link) && body.contains("13:00 on Thursday 1 October 2026"),
            "{body}"
        );
    }
}

#[test]
fn what_looks_like_markup_or_an_encoded_word_is_text() {
    let title = "<script>alert(1)</script> =?utf-8?q?x?= 🗝 & more";
    let mut letter = booked(Side::Host);
    letter.event_type.terms.title = title.parse().unwrap();
    letter.booking.attendee.name = "=?utf-8?q?Root?= \"x\" <a@b.c>".parse().unwrap();
    let mail = compose(letter);
    let message = read(&mail);
    assert!(message.subject().unwrap().contains(title), "{:?}", message.subject());
    let reply_to = message.reply_to().unwrap().first().unwrap();
    assert_eq!(reply_to.name(), Some("=?utf-8?q?Root?= \"x\" <a@b.c>"));
    let [text, html] = bodies(&message);
    assert!(text.contains(title), "{text}");
    assert!(!html.contains("<script") && !html.contains("<b>See"), "{html}");
    // What a customer wrote is shown, not linked.
    assert!(!html.contains("href=\"https://plans.example"), "{html}");
}

#[test]
fn no_mail_is_clipped() {
    let mut letter = booked(Side::Host);
    letter.booking.note = "<&>\"'".repeat(400).parse().unwrap();
    letter.event_type.terms.title = "&".repeat(160).parse().unwrap();
    let mail = compose(letter);
    let [_, html] = bodies(&read(&mail));
    assert!(html.len() < 30_000, "{}", html.len());
}

/// Any text that a field takes, with many attempts at what would end a header or a line early.
fn field<T: FromStr + Debug>() -> impl Strategy<Value = T> {
    let piece = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        1 => prop::sample::select(vec![
            "\r\nBcc: evil@example.net", "\n", "\r", "\0", "\u{2028}", "\u{85}", "%0d%0a",
            "=?utf-8?q?=0d=0aBcc:_evil@example.net?=", "\"", "\\", "<", ">", ",", ";", "\n.\n", " ",
        ]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..30).prop_map(|pieces| {
        let text = pieces.concat();
        // What the field refuses never gets here; the rest of the text still may.
        text.parse().unwrap_or_else(|_| {
            let kept: String = text
                .chars()
                // A slash may make a web address of the rest, which names are refused for.
                .filter(|c| *c != '/' && format!("a{c}z").parse::<Title>().is_ok())
                .take(100)
                .collect();
            format!("a{kept}z").parse().unwrap_or_else(|_| panic!("refused: {kept:?}"))
        })
    })
}

proptest! {
    #[test]
    fn no_text_ends_a_header(
        title in field::<Title>(), host in field::<PersonName>(), customer in field::<PersonName>(),
        note in field::<Note>(), to_host: bool,
    ) {
        let mut letter = booked(if to_host { Side::Host } else { Side::Customer });
        letter.event_type.terms.title = title.clone();
        letter.host.name = host.clone();
        letter.booking.attendee.name = customer.clone();
        letter.booking.note = note;
        let mail = compose(letter);
        let message = read(&mail);
        let names: BTreeSet<_> =
            message.headers().iter().map(|header| header.name().to_ascii_lowercase()).collect();
        let expected = BTreeSet::from([
            "message-id", "date", "from", "to", "reply-to", "subject", "auto-submitted",
            "x-auto-response-suppress", "mime-version", "content-type",
        ].map(ToOwned::to_owned));
        prop_assert_eq!(&names, &expected);
        prop_assert_eq!(message.headers().len(), expected.len());
        prop_assert_eq!(mail.envelope.to().len(), 1);
        prop_assert!(message.subject().unwrap_or_default().contains(title.as_str()));
        let to = message.to().unwrap().first().unwrap();
        let recipient = if to_host { &host } else { &customer };
        prop_assert_eq!(to.name().unwrap_or_default().trim(), recipient.as_str().trim());
        prop_assert_eq!(message.parts.len(), 6);
        let html = message.body_html(0).unwrap();
        prop_assert!(matches!(message.parts[3].body, PartType::Html(_)));
        prop_assert!(!html.contains("<script"));
    }
}
