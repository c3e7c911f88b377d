//! Bookings: their states, and the decisions that change them. A decision is pure: what is known
//! and the present moment go in; what to store, or why not, comes out.

mod assignment;
mod book;
mod cancel;
mod fresh_room;
mod guest;
mod history;
mod mark;
mod place;
mod proof;
mod proposal;
mod request;
mod reschedule;
mod seat;
mod series;
mod series_request;
mod status;

use std::str::FromStr;

pub use assignment::Assignment;
pub use book::{BookingRequest, Denied, Fresh, NewBooking, decide_booking, grant};
pub use cancel::{Cancellation, decide_cancellation, may_cancel};
pub use fresh_room::FreshRoom;
pub use guest::{
    Guest, GuestAddition, GuestRefusal, GuestRemoval, WrongGuests, decide_guest_addition,
    decide_guest_removal, may_add_guest, may_remove_guest,
};
pub use history::{Change, Event, Happening, UnknownChange};
pub use mark::{Attendance, MarkRefusal, UnknownAttendance, decide_mark, may_mark};
pub use place::Place;
pub use proof::{Proof, Proven, decide_proof};
pub use proposal::{
    AnswerRefusal, MOST_TIMES, Proposal, ProposalEnd, ProposalRefusal, ProposalRequest,
    ProposalState, UnknownProposalState, decide_acceptance, decide_proposal, decide_proposal_end,
    may_propose,
};
pub use request::{Confirmation, RequestEnd, decide_confirmation, decide_decline, decide_expiry};
pub use reschedule::{
    Move, MoveRefusal, MoveRequest, Way, deadline, decide_move, may_move, way_to_move,
};
pub use seat::{GroupSession, RoomRenewal, Seating, decide_room_renewal};
pub use series::{
    Every, Occurrence, Plan, Repeat, Rule, SeriesScope, Shift, UnknownEvery, UnknownScope,
};
pub use status::{InvalidTransition, Status, UnknownStatus};

use crate::{
    event_type::{Buffers, Location},
    ids::{AttendeeId, BookingId, EventTypeId, GroupSessionId, UserId},
    question::{Answer, AnswerValue},
    text::{EmailAddress, Note, PersonName},
    time::{Instant, LocalDateTime, Span, TimeZone},
};

/// Which side of a booking somebody is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Who offered the time.
    Host,
    /// Who booked it.
    Customer,
}

impl Side {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Customer => "customer",
        }
    }

    /// The side across.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Host => Self::Customer,
            Self::Customer => Self::Host,
        }
    }
}

/// The text is no side's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a side of a booking")]
pub struct UnknownSide;

impl FromStr for Side {
    type Err = UnknownSide;

    fn from_str(text: &str) -> Result<Self, UnknownSide> {
        match text {
            "host" => Ok(Self::Host),
            "customer" => Ok(Self::Customer),
            _ => Err(UnknownSide),
        }
    }
}

/// A person on the customer's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// Names the row.
    pub id: AttendeeId,
    /// As given.
    pub name: PersonName,
    /// Where mail to the customer goes.
    pub email: EmailAddress,
    /// In which times are shown to the customer.
    pub time_zone: TimeZone,
    /// Whether they came, if the host has said.
    pub attendance: Option<Attendance>,
    /// Whether the address is known to be theirs.
    pub proof: Proof,
}

/// A booking as it stands.
#[derive(Debug, Clone)]
pub struct Booking {
    /// Public, grants nothing.
    pub id: BookingId,
    /// What was booked.
    pub event_type: EventTypeId,
    /// With whom.
    pub host: UserId,
    /// Where it is in its life.
    pub status: Status,
    /// Until when it keeps its time while it is unverified or pending.
    pub expires_at: Option<Instant>,
    /// Rises at every change of state, time, place or attendees; 1 at first.
    pub version: u32,
    /// When.
    pub span: Span,
    /// As the event type had them when it was booked.
    pub buffers: Buffers,
    /// RFC 5545 UID, the same for life.
    pub ical_uid: String,
    /// RFC 5546 SEQUENCE; 0 at first.
    pub ical_sequence: u32,
    /// Who booked.
    pub attendee: Attendee,
    /// Whom the customer brings along, those who were taken off again included.
    pub guests: Vec<Guest>,
    /// Where, as the event type had it when it was booked.
    pub location: Location,
    /// What the customer wrote.
    pub note: Note,
    /// What the customer answered, in the order of the questions.
    pub answers: Vec<Answer>,
    /// When it was made.
    pub created_at: Instant,
    /// Who called it off and what they wrote, if it was.
    pub cancelled: Option<(Side, Note)>,
    /// In which session the customer has a seat, where several can book the same time.
    pub session: Option<GroupSessionId>,
    /// What it is in a series, if it is in one.
    pub series: Option<Occurrence>,
    /// What was agreed on; not known of bookings from before it was kept.
    pub agreed: Option<WallTime>,
}

/// A time as a clock on the wall shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallTime {
    /// What the clock shows.
    pub local: LocalDateTime,
    /// Where it hangs.
    pub zone: TimeZone,
}

impl WallTime {
    /// What a clock in `zone` shows at `at`, to the minute.
    pub fn at(at: Instant, zone: TimeZone) -> Self {
        let minute = Instant::from_seconds(at.seconds().div_euclid(60) * 60);
        Self { local: zone.local(minute), zone }
    }
}

impl Booking {
    /// Whether a clock shows another time at the start than when it was booked: a state has changed
    /// its rules, and new zone data says so. The booking stays at its instant.
    pub fn wall_time_moved(&self) -> bool {
        self.agreed.is_some_and(|agreed| WallTime::at(self.span.start, agreed.zone) != agreed)
    }

    /// By which calendars know it: of all bookings of a series the same.
    pub fn calendar_uid(&self) -> &str {
        self.series.as_ref().map_or(&self.ical_uid, |occurrence| &occurrence.ical_uid)
    }

    /// The number that the host calls, where they meet so and it was given.
    pub fn number_to_call(&self) -> Option<&str> {
        let question = self.location.question()?;
        let answer = self.answers.iter().find(|answer| answer.question == question.id().as_str());
        answer.and_then(|answer| match &answer.value {
            AnswerValue::Text(number) => Some(number.as_str()),
            AnswerValue::Number(_) | AnswerValue::Ticked(_) => None,
        })
    }
}
