//! What bodies look like, for the document of the API. They are read by [`super::body::Reader`], which
//! says of every field at once what is wrong with it.
#![expect(dead_code, reason = "these types are only told of, never made")]

use utoipa::ToSchema;

use super::booking::AnswerJson;

/// A booking to be made.
#[derive(ToSchema)]
#[schema(example = json!({
    "host": "ada", "event": "intro", "start": "2026-12-03T09:00:00Z",
    "attendee": {"name": "Bo Berg", "email": "bo@example.com", "time_zone": "Europe/Berlin"},
    "answers": {"note": "About the garden."},
}))]
pub(super) struct NewBooking {
    /// The host's handle.
    host: String,
    /// The event type's slug.
    event: String,
    /// A free time.
    #[schema(format = DateTime)]
    start: String,
    /// In minutes; must be one that is offered.
    duration: Option<u32>,
    /// A link to the event type: what follows `link=` in its address. The host needs none.
    link: Option<String>,
    attendee: NewAttendee,
    /// Email addresses of people who come along, as many as the event type allows. Each gets the invitation,
    /// with a link of their own.
    #[schema(max_items = 20)]
    guests: Option<Vec<String>>,
    answers: Option<NewAnswers>,
    /// Book it also where the host's own hours, notice, limits or calendars are against it; never over another
    /// booking. Only with a key.
    r#override: Option<bool>,
    /// To book it again and again, all of it or nothing.
    repeat: Option<NewRepeat>,
}

/// How a booking is repeated: at the same time of day by the clock of the host's schedule. The answer is the first
/// booking.
#[derive(ToSchema)]
#[schema(example = json!({"every": "week", "count": 6, "except": ["2026-12-24"]}))]
struct NewRepeat {
    every: NewEvery,
    /// How many weeks, pairs of weeks or months, those that are left out included; at most as many as the event
    /// type allows.
    #[schema(minimum = 2, maximum = 52)]
    count: u32,
    /// Dates that are left out, in the zone of the host's schedule.
    except: Option<Vec<String>>,
}

/// How often: in a month on the same weekday, counted from its first. A month without a fifth is left out.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum NewEvery {
    Week,
    TwoWeeks,
    Month,
}

/// Who books.
#[derive(ToSchema)]
struct NewAttendee {
    name: String,
    #[schema(format = Email)]
    email: String,
    /// An IANA name, like `Europe/Berlin`.
    time_zone: String,
    locale: Option<String>,
}

/// Answers by the id of their question: texts, numbers, and `true` for a ticked box.
#[derive(ToSchema)]
struct NewAnswers {
    /// What the host should know.
    note: Option<String>,
    #[serde(flatten)]
    #[schema(value_type = HashMap<String, AnswerJson>)]
    others: (),
}

/// Where a booking is moved to.
#[derive(ToSchema)]
#[schema(example = json!({"start": "2026-12-04T09:00:00Z", "note": "The train is late."}))]
pub(super) struct Reschedule {
    /// A free time; the booking keeps its length.
    #[schema(format = DateTime)]
    start: String,
    /// Told to both sides.
    note: Option<String>,
    /// Which bookings of a series are moved as far, `this` if left out: all of them, or nothing.
    scope: Option<Scope>,
}

/// Other times for a booking.
#[derive(ToSchema)]
#[schema(example = json!({"starts": ["2026-12-04T09:00:00Z", "2026-12-04T10:00:00Z"]}))]
pub(super) struct NewProposal {
    /// Free times, up to five; the booking keeps its length.
    #[schema(min_items = 1, max_items = 5)]
    starts: Vec<String>,
    /// Told to the customer.
    note: Option<String>,
}

/// A room to be made without a booking.
#[derive(ToSchema)]
#[schema(example = json!({
    "start": "2026-12-03T09:00:00Z", "end": "2026-12-03T10:00:00Z", "label": "Board",
}))]
pub(super) struct NewRoom {
    /// When it can be opened; nobody is let in earlier.
    #[schema(format = DateTime)]
    start: String,
    /// When it is closed, at most 24 hours later.
    #[schema(format = DateTime)]
    end: String,
    /// At most so many people; any number if left out.
    #[schema(minimum = 1, maximum = 500)]
    max_occupants: Option<u32>,
    /// People wait until somebody lets them in; false if left out.
    lobby: Option<bool>,
    /// By which whoever asks knows it again; nobody else sees it.
    #[schema(max_length = 160)]
    label: Option<String>,
    /// It takes the host's time, as a booking does; false if left out.
    blocks: Option<bool>,
    /// On which Jitsi, by its name in the settings; on the first if left out.
    server: Option<String>,
}

/// What is said about a move that somebody asked for.
#[derive(ToSchema)]
pub(super) struct Acceptance {
    /// Told to both sides.
    note: Option<String>,
}

/// What is changed about a booking.
#[derive(ToSchema)]
#[schema(example = json!({"private_note": "Wants the large one."}))]
pub(super) struct Change {
    /// What the host notes for themselves, in the place of what they noted before; empty to take it away.
    private_note: String,
}

/// Somebody else who comes along.
#[derive(ToSchema)]
#[schema(example = json!({"email": "di@example.com"}))]
pub(super) struct NewGuest {
    /// Where the invitation goes.
    #[schema(format = Email)]
    email: String,
}

/// Of whom something is marked.
#[derive(ToSchema)]
#[schema(example = json!({"attendee": "bo@example.com"}))]
pub(super) struct Mark {
    /// Their address; of a booking with one attendee it may be left out.
    #[schema(format = Email)]
    attendee: Option<String>,
}

/// Why a booking is called off.
#[derive(ToSchema)]
pub(super) struct Cancellation {
    /// Told to both sides.
    reason: Option<String>,
    /// Which bookings of a series are called off; `this` if left out. Of a series that waits for an answer, or for its
    /// customer to show that the address is theirs, it is always all.
    scope: Option<Scope>,
    /// Whether the room of a group session stays as it is, although who is put out knows it. If left out, the others
    /// get a new one, and a mail.
    keep_room: Option<bool>,
}

/// Which bookings of a series a change is about. What is over, has begun or was called off stays as it is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum Scope {
    This,
    Following,
    All,
}
