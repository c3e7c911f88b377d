//! Which mails an event causes, and for whom.

use std::{borrow::Cow, str::FromStr};

use crate::{
    account::User,
    booking::{Booking, Guest, Proposal, Side, Status},
    event_type::EventType,
    ids::{AttendeeId, BookingId, GuestId, OutboxId, ProposalId, SeriesId, UserId, WaitingEntryId},
    proof_key::ProofLink,
    room::Room,
    text::Note,
    time::{Instant, Minutes},
    token::Token,
    waiting_list::Entry,
};

/// What a mail about a booking tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// The host is asked for it. No calendar hears of a request.
    Requested,
    /// The host said no.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// It stands: an iTIP REQUEST.
    Booked,
    /// It has another time and another room: a newer iTIP REQUEST.
    Moved,
    /// Somebody is no longer expected, and there is another room: a newer iTIP REQUEST.
    Changed,
    /// Somebody else is expected; the room stays: a newer iTIP REQUEST.
    GuestAdded,
    /// It was called off, or the reader is no longer expected: an iTIP CANCEL.
    Cancelled,
    /// The other side would like another time. The booking stands as it is.
    Proposed,
    /// The other side does not take the time that the reader would like.
    ProposalDeclined,
    /// Nobody answered in time what the reader proposed.
    ProposalLapsed,
    /// The customer does not want the other time any more of which the reader was told.
    ProposalWithdrawn,
    /// It begins in so long.
    Reminder(Minutes),
}

impl Occasion {
    /// Whether calendars are told of it.
    pub const fn is_in_calendars(self) -> bool {
        match self {
            Self::Requested
            | Self::Declined
            | Self::Expired
            | Self::Proposed
            | Self::ProposalDeclined
            | Self::ProposalLapsed
            | Self::ProposalWithdrawn
            | Self::Reminder(_) => false,
            Self::Booked | Self::Moved | Self::Changed | Self::GuestAdded | Self::Cancelled => true,
        }
    }

    /// Its name in the database and in Message-IDs.
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Requested => "requested",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Booked => "booked",
            Self::Moved => "moved",
            Self::Changed => "changed",
            Self::GuestAdded => "guest_added",
            Self::Cancelled => "cancelled",
            Self::Proposed => "proposed",
            Self::ProposalDeclined => "proposal_declined",
            Self::ProposalLapsed => "proposal_lapsed",
            Self::ProposalWithdrawn => "proposal_withdrawn",
            Self::Reminder(before) => return format!("{REMINDER}{}", before.0).into(),
        })
    }
}

/// What the names of reminders begin with.
const REMINDER: &str = "reminder-";

/// No occasion of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an occasion")]
pub struct UnknownOccasion;

impl FromStr for Occasion {
    type Err = UnknownOccasion;

    fn from_str(text: &str) -> Result<Self, UnknownOccasion> {
        match text {
            "requested" => Ok(Self::Requested),
            "declined" => Ok(Self::Declined),
            "expired" => Ok(Self::Expired),
            "booked" => Ok(Self::Booked),
            "moved" => Ok(Self::Moved),
            "changed" => Ok(Self::Changed),
            "guest_added" => Ok(Self::GuestAdded),
            "cancelled" => Ok(Self::Cancelled),
            "proposed" => Ok(Self::Proposed),
            "proposal_declined" => Ok(Self::ProposalDeclined),
            "proposal_lapsed" => Ok(Self::ProposalLapsed),
            "proposal_withdrawn" => Ok(Self::ProposalWithdrawn),
            _ => {
                let before = text.strip_prefix(REMINDER).and_then(|minutes| minutes.parse().ok());
                before.map(|before| Self::Reminder(Minutes(before))).ok_or(UnknownOccasion)
            }
        }
    }
}

/// Who is told about a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// One of its two sides.
    Side(Side),
    /// Somebody whom the customer brings along.
    Guest(GuestId),
}

/// What a mail to somebody in a waiting list tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitingOccasion {
    /// They joined; or have to show that the address is theirs before they are in line.
    Joined,
    /// A time has become free, and is kept for them.
    Offered,
}

impl WaitingOccasion {
    /// Its name in the database and in Message-IDs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "waiting_joined",
            Self::Offered => "waiting_offered",
        }
    }
}

impl FromStr for WaitingOccasion {
    type Err = UnknownOccasion;

    fn from_str(text: &str) -> Result<Self, UnknownOccasion> {
        match text {
            "waiting_joined" => Ok(Self::Joined),
            "waiting_offered" => Ok(Self::Offered),
            _ => Err(UnknownOccasion),
        }
    }
}

/// A mail that an event causes; it goes into the outbox in the event's own transaction.
#[derive(Debug, Clone)]
pub enum Notice {
    /// About a booking, to one side of it.
    Booking {
        /// Which.
        booking: BookingId,
        /// Its version then. An older mail gives way to a newer.
        version: u32,
        /// Its SEQUENCE then.
        sequence: u32,
        /// What is told.
        occasion: Occasion,
        /// To whom.
        to: Recipient,
    },
    /// About another time that one side of a booking would like. It makes no version of the booking, and is
    /// left out when what it tells is no longer so.
    Proposal {
        /// Of which booking.
        booking: BookingId,
        /// Which.
        proposal: ProposalId,
        /// What is told. To whom follows from it: what was proposed to the other side, what became of it
        /// to who proposed, but that it was taken back again to the other side.
        occasion: Occasion,
    },
    /// About several bookings of a series, to one side of them: all of a new one, or those that were changed at
    /// once. It tells of those that have not been changed since.
    Series {
        /// Which series.
        series: SeriesId,
        /// The first of the bookings.
        booking: BookingId,
        /// Its version then.
        version: u32,
        /// The highest SEQUENCE of the bookings then.
        sequence: u32,
        /// What is told.
        occasion: Occasion,
        /// To whom.
        to: Side,
    },
    /// A link by which a customer shows that the address is theirs: the only mail that goes to one that
    /// is not known to be.
    Proof {
        /// Of which booking, which is new.
        booking: BookingId,
    },
    /// To somebody in a waiting list.
    Waiting {
        /// Who.
        entry: WaitingEntryId,
        /// What is told.
        occasion: WaitingOccasion,
    },
    /// A link to choose a new password.
    PasswordReset {
        /// Whose. No mail leaves where there is no such user.
        user: UserId,
        /// The link's token.
        token: Token,
        /// Until when it works.
        expires_at: Instant,
    },
}

impl Notice {
    /// To which side of a booking it goes, if it is about one.
    pub const fn to(&self) -> Option<Side> {
        match self {
            Self::Booking { to: Recipient::Side(to), .. } | Self::Series { to, .. } => Some(*to),
            Self::Proof { .. } => Some(Side::Customer),
            Self::Booking { to: Recipient::Guest(_), .. }
            | Self::Proposal { .. }
            | Self::Waiting { .. }
            | Self::PasswordReset { .. } => None,
        }
    }
}

/// The mails of a booking that was just made, or whose customer has just shown that the address is
/// theirs. Of a series it is the first, and they tell of all.
pub fn of_new(booking: &Booking) -> Vec<Notice> {
    let occasion = match booking.status {
        Status::Unverified => return vec![Notice::Proof { booking: booking.id }],
        Status::Pending => Occasion::Requested,
        _ => Occasion::Booked,
    };
    let (version, sequence) = (booking.version, booking.ical_sequence);
    let mut notices = Vec::from(of_whole(booking, version, sequence, occasion));
    if occasion == Occasion::Booked {
        notices.extend(for_guests(booking, version, sequence, occasion));
    }
    notices
}

/// The mails of a change to a booking: one for each side.
pub fn for_both_sides(
    booking: BookingId,
    version: u32,
    sequence: u32,
    occasion: Occasion,
) -> [Notice; 2] {
    [Side::Customer, Side::Host].map(|to| Notice::Booking {
        booking,
        version,
        sequence,
        occasion,
        to: Recipient::Side(to),
    })
}

/// The mails of what became of all that was booked at once: for each side one, about a booking alone or about the
/// series that it is the first of.
pub fn of_whole(first: &Booking, version: u32, sequence: u32, occasion: Occasion) -> [Notice; 2] {
    match &first.series {
        Some(series) => of_series(series.series, (first.id, version), sequence, occasion),
        None => for_both_sides(first.id, version, sequence, occasion),
    }
}

/// The mails about several bookings of a series: one for each side. `first` is the first of them as it was changed,
/// `sequence` the highest of them.
pub fn of_series(
    series: SeriesId,
    first: (BookingId, u32),
    sequence: u32,
    occasion: Occasion,
) -> [Notice; 2] {
    let (booking, version) = first;
    [Side::Customer, Side::Host].map(|to| Notice::Series {
        series,
        booking,
        version,
        sequence,
        occasion,
        to,
    })
}

/// The mails that remind one side of a booking, and with the customer all whom they bring along.
pub fn of_reminder(booking: &Booking, side: Side, before: Minutes) -> Vec<Notice> {
    let (version, sequence) = (booking.version, booking.ical_sequence);
    let occasion = Occasion::Reminder(before);
    let to = Recipient::Side(side);
    let own = Notice::Booking { booking: booking.id, version, sequence, occasion, to };
    let mut notices = vec![own];
    if side == Side::Customer {
        notices.extend(for_guests(booking, version, sequence, occasion));
    }
    notices
}

/// The mails of a change to a booking for the guests who are expected.
pub fn for_guests(
    booking: &Booking,
    version: u32,
    sequence: u32,
    occasion: Occasion,
) -> Vec<Notice> {
    let notice = |guest: &Guest| Notice::Booking {
        booking: booking.id,
        version,
        sequence,
        occasion,
        to: Recipient::Guest(guest.id),
    };
    booking.present_guests().map(notice).collect()
}

/// A claimed mail with all the facts that its text needs.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Names the outbox row.
    pub id: OutboxId,
    /// When it was put into the outbox.
    pub queued_at: Instant,
    /// How often it was tried before.
    pub attempts: u32,
    /// What it says.
    pub content: Content,
}

/// What a letter says.
#[derive(Debug, Clone)]
pub enum Content {
    /// About a booking.
    Booking(Box<BookingLetter>),
    /// About several bookings of a series.
    Series(Box<SeriesLetter>),
    /// A link by which a customer shows that the address is theirs.
    Proof(Box<ProofLetter>),
    /// To somebody in a waiting list.
    Waiting(Box<WaitingLetter>),
    /// A link to choose a new password.
    PasswordReset {
        /// Whose.
        user: User,
        /// The link's token.
        token: Token,
        /// Until when it works.
        expires_at: Instant,
    },
}

/// How a booking came to its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// When it started, as far as the reader knew.
    pub was: Instant,
    /// Who moved it.
    pub by: Side,
    /// What they wrote.
    pub note: Note,
}

/// The facts of a mail about a booking.
#[derive(Debug, Clone)]
pub struct BookingLetter {
    /// What is told.
    pub occasion: Occasion,
    /// On which side the reader is.
    pub to: Side,
    /// Which of the customer's guests reads it, if one does.
    pub guest: Option<Guest>,
    /// The SEQUENCE that the calendar part carries.
    pub sequence: u32,
    /// How it was moved, if that is told.
    pub moved: Option<Moved>,
    /// What somebody proposes, if that is told.
    pub proposal: Option<Proposal>,
    /// The booking as it stands.
    pub booking: Booking,
    /// What was booked.
    pub event_type: EventType,
    /// With whom.
    pub host: User,
    /// The room, while the booking stands.
    pub room: Option<Room>,
    /// The reader's own link to the booking.
    pub link: Token,
}

/// The facts of a mail about several bookings of a series, as they stand when it is sent.
#[derive(Debug, Clone)]
pub struct SeriesLetter {
    /// What is told.
    pub occasion: Occasion,
    /// On which side the reader is.
    pub to: Side,
    /// The highest SEQUENCE of the bookings when it was decided on.
    pub sequence: u32,
    /// The bookings that it is about, in order; at least one.
    pub parts: Vec<SeriesPart>,
    /// Whether no booking of the series is left that stands.
    pub is_end: bool,
    /// Who did it and what they wrote, if anything was changed.
    pub changed: Option<(Side, Note)>,
    /// What was booked.
    pub event_type: EventType,
    /// With whom.
    pub host: User,
}

/// One booking that a mail about a series tells of.
#[derive(Debug, Clone)]
pub struct SeriesPart {
    /// The booking as it stands.
    pub booking: Booking,
    /// Its room, while it stands.
    pub room: Option<Room>,
    /// The reader's own link to it.
    pub link: Token,
    /// When it started before it was moved, if that is told.
    pub was: Option<Instant>,
}

impl BookingLetter {
    /// The id of the person on the customer's side.
    pub const fn attendee(&self) -> AttendeeId {
        self.booking.attendee.id
    }
}

/// The facts of a mail to an address that is not known to be its customer's. Whoever booked may have
/// typed somebody else's, so nothing that they wrote is told.
#[derive(Debug, Clone)]
pub struct ProofLetter {
    /// How often it was sent before, because somebody asked for it.
    pub resent: u32,
    /// The booking as it stands.
    pub booking: Booking,
    /// What is to be booked.
    pub event_type: EventType,
    /// With whom.
    pub host: User,
    /// The link.
    pub link: ProofLink,
}

/// The facts of a mail to somebody in a waiting list. Until the address is shown to be theirs, nothing that whoever
/// joined wrote is told.
#[derive(Debug, Clone)]
pub struct WaitingLetter {
    /// What is told.
    pub occasion: WaitingOccasion,
    /// Their entry as it stands.
    pub entry: Entry,
    /// For what they wait.
    pub event_type: EventType,
    /// With whom.
    pub host: User,
    /// The link to their page.
    pub link: Token,
}
