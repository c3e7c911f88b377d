//! The model: what the domain's rules say becomes of each command, written without the program's own decisions.

mod book;
mod change;
mod guests;
mod lines;
mod look;
mod mail;
mod proof;
mod proposals;
mod rooms;
mod series;
mod verdict;
mod waiting;

use std::collections::BTreeMap;

use roomkey_core::{
    booking::Side,
    ids::{BookingId, GuestId, ProposalId, RoomId, SeriesId, WaitingEntryId},
    token::Token,
};
use roomkey_store::BookingDetails;

use super::{
    command::{Asked, Command, Door, Outcome, Repeat, Way},
    rules::{DAY, MINUTE, Rules},
};

/// Links last so long after the end.
const LINKS_LAST: i64 = 30 * DAY;
/// A time is kept so long for who is to show that an address is theirs.
const PROOF_LASTS: i64 = 15 * MINUTE;
/// Jitsi is let in so long before the page is.
const SKEW: i64 = MINUTE;
/// A time is kept so long from the last sign of life, and in all; and so long after it was first kept, anew.
const KEPT: (i64, i64, i64) = (6 * MINUTE, 20 * MINUTE, 60 * MINUTE);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Unverified,
    Pending,
    Confirmed,
    Declined,
    Expired,
    Cancelled,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn holds(self) -> bool {
        matches!(self, Self::Unverified | Self::Pending | Self::Confirmed)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) name: String,
    pub(crate) opens: i64,
    pub(crate) closes: i64,
    pub(crate) revoked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Booking {
    pub(crate) id: BookingId,
    pub(crate) event: usize,
    pub(crate) customer: usize,
    pub(crate) start: i64,
    pub(crate) end: i64,
    before: i64,
    after: i64,
    pub(crate) status: Status,
    version: u32,
    sequence: u32,
    pub(crate) expires: Option<i64>,
    uid: String,
    pub(crate) rooms: Vec<Room>,
    pub(crate) links: [(Side, Token); 2],
    pub(crate) guests: Vec<Guest>,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) proof: Proof,
    /// The last version of which its sides were told; none of an unproven booking.
    told: u32,
    history: Vec<Happened>,
    pub(crate) series: Option<Occurrence>,
    /// Whether its time is about to be given up, together with others of its series.
    is_leaving: bool,
}

/// What happened to a booking.
#[derive(Clone, Debug)]
struct Happened {
    version: u32,
    kind: &'static str,
    by: &'static str,
    at: i64,
    /// When it started before, if it was moved.
    from: Option<i64>,
}

/// What a booking is in a series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occurrence {
    pub(crate) series: SeriesId,
    pub(crate) index: u32,
    original: i64,
}

/// What holds bookings together.
#[derive(Clone, Debug)]
struct Series {
    id: SeriesId,
    repeat: Repeat,
    first: i64,
    of: usize,
    uid: String,
}

/// A time that a visitor keeps.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    event: usize,
    start: i64,
    end: i64,
    since: i64,
    until: i64,
}

/// Other times that one side would like.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) id: ProposalId,
    version: u32,
    pub(crate) by: Side,
    pub(crate) starts: Vec<i64>,
    pub(crate) made: i64,
    pub(crate) expires: i64,
    pub(crate) state: &'static str,
}

/// That the customer's address is theirs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proof {
    /// The link that was in the mail, once it was.
    pub(crate) prove: Option<String>,
    /// Where to wait; only who is to show it has one.
    pub(crate) wait: Option<String>,
    asked: bool,
    given: Option<i64>,
}

/// Somebody whom a customer brings along.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub(crate) id: GuestId,
    email: String,
    pub(crate) removed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Side(Side),
    Guest(GuestId),
    /// Whoever is told of this, which follows from it.
    Of(ProposalId),
    /// Somebody in a waiting list.
    Waiting(WaitingEntryId),
}

#[derive(Clone, Debug)]
struct Mail {
    /// None of a mail to somebody in a waiting list.
    booking: Option<BookingId>,
    /// The series of which it tells; the booking is the first of those that it is about.
    series: Option<SeriesId>,
    /// When it was put into the outbox.
    at: i64,
    version: u32,
    sequence: u32,
    to: Reader,
    kind: &'static str,
    state: &'static str,
    due: i64,
}

/// Somebody in a waiting list.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: WaitingEntryId,
    pub(crate) link: Token,
    /// Whether the link was in a mail.
    pub(crate) is_known: bool,
    pub(crate) event: usize,
    pub(crate) customer: usize,
    /// A midnight, if any other day does not do.
    pub(crate) day: Option<i64>,
    joined: i64,
    since: Option<i64>,
    over: i64,
    pub(crate) state: &'static str,
    /// From when to when the last time would be that was offered, and until when.
    pub(crate) offered: Option<(i64, i64, i64)>,
    ended: Option<i64>,
}

/// A room that all who have a seat at the same time share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    session: Session,
    pub(crate) room: Room,
}

/// An event type, from when to when.
type Session = (usize, i64, i64);

/// In which idempotency keys do not clash: those of a host's key, or of a customer at one door to an event type.
type Scope = (Door, usize, usize);

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) now: i64,
    pub(crate) rules: Vec<Rules>,
    pub(crate) bookings: Vec<Booking>,
    pub(crate) shared: Vec<Shared>,
    holds: BTreeMap<usize, Hold>,
    /// The times that are kept for who waited for them.
    offers: BTreeMap<WaitingEntryId, Hold>,
    series: Vec<Series>,
    pub(crate) waiting: Vec<Entry>,
    /// The times that customers ask for in place of their bookings' own.
    wishes: BTreeMap<BookingId, Hold>,
    keys: BTreeMap<(Scope, i64), (Asked, BookingId, i64)>,
    mails: Vec<Mail>,
}

type Said = Result<(), String>;

fn micros(seconds: i64) -> i64 {
    seconds * 1_000_000
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Host => "host",
        Side::Customer => "customer",
    }
}

impl Model {
    pub(crate) fn new(now: i64, rules: Vec<Rules>) -> Self {
        let (bookings, shared, holds, wishes, keys, mails) = <_>::default();
        let (offers, series, waiting) = <_>::default();
        Self { now, rules, bookings, shared, holds, offers, series, waiting, wishes, keys, mails }
    }

    /// The requests that were granted with an idempotency key.
    pub(crate) fn keyed(&self) -> Vec<(Asked, i64)> {
        self.keys.iter().map(|((_, key), (asked, ..))| (*asked, *key)).collect()
    }

    /// Takes a command and how it was answered; says what should have been answered instead.
    pub(crate) fn apply(&mut self, command: &Command, outcome: &Outcome) -> Said {
        match command {
            Command::Book { asked, key, keeper } => {
                self.book(*asked, *key, keeper.as_ref(), outcome)
            }
            Command::Hold { event, start, visitor } => self.hold(*event, *start, *visitor, outcome),
            Command::Release { visitor } => {
                self.holds.remove(visitor);
                Ok(())
            }
            Command::Move { booking, way, start, scope } => {
                self.move_in_series(*booking, way, *start, *scope, outcome)
            }
            Command::Cancel { booking, way, scope } => {
                self.cancel_in_series(*booking, way, *scope, outcome)
            }
            Command::Confirm { booking, way } => self.answer(*booking, way, true, outcome),
            Command::Decline { booking, way } => self.answer(*booking, way, false, outcome),
            Command::Prove { booking, .. } => self.prove(*booking, outcome),
            Command::Withdraw { booking, .. } => self.withdraw(*booking, outcome),
            Command::AddGuest { booking, way, guest } => {
                self.add_guest(*booking, way, *guest, outcome)
            }
            Command::Join { event, day, customer } => self.join(*event, *day, *customer, outcome),
            Command::JoinProven { entry, .. } => self.join_proven(*entry, outcome),
            Command::Leave { entry, .. } => self.leave_line(*entry, outcome),
            Command::Offer => {
                self.offer();
                Ok(())
            }
            Command::RemoveGuest { booking, way, guest } => {
                self.remove_guest(*booking, way, *guest, outcome)
            }
            Command::Look { link } => self.look(link, outcome),
            Command::Conference { id, .. } => self.conference(*id, outcome),
            Command::Free { event, midnight } => self.free(*event, *midnight, outcome),
            Command::Propose { booking, way, starts } => {
                self.propose(*booking, way, starts, outcome)
            }
            Command::Answer { booking, way, says, seen } => {
                self.answer_proposal(*booking, way, *says, *seen, outcome)
            }
            Command::Lapse => {
                self.lapse();
                Ok(())
            }
            Command::Expire => {
                self.expire();
                Ok(())
            }
            Command::Forget => {
                let day_ago = self.now - DAY;
                self.holds.retain(|_, hold| hold.until > day_ago);
                self.wishes.retain(|_, hold| hold.until > day_ago);
                self.offers.retain(|_, hold| hold.until > day_ago);
                let month_ago = self.now - 30 * DAY;
                self.waiting.retain(|entry| {
                    entry.over > month_ago && entry.ended.is_none_or(|at| at > month_ago)
                });
                self.keys.retain(|_, (_, _, at)| *at > day_ago);
                Ok(())
            }
            Command::Mail { fates } => self.send(fates, outcome),
            Command::Pass { until } => {
                self.now = *until;
                Ok(())
            }
        }
    }

    /// The booking that somebody comes to, and on which side they are.
    fn come(&self, id: BookingId, way: &Way) -> Result<(usize, Side), &'static str> {
        let place = self.bookings.iter().position(|booking| booking.id == id);
        let place = place.ok_or("unknown")?;
        let booking = &self.bookings[place];
        match way {
            Way::Link(..) if self.last_end(booking) + LINKS_LAST <= self.now => Err("gone"),
            Way::Link(side, _) => Ok((place, *side)),
            Way::Own(host) if self.rules[booking.event].host == *host => Ok((place, Side::Host)),
            Way::Own(_) => Err("unknown"),
        }
    }

    /// Whether somebody is told of a booking as it is.
    fn is(&self, booking: &Booking, told: &BookingDetails) -> Said {
        let of = &told.booking;
        let is_same = of.id == booking.id
            && of.status.as_str() == booking.status.name()
            && (of.version, of.ical_sequence) == (booking.version, booking.sequence)
            && of.ical_uid == booking.uid
            && (of.span.start.seconds(), of.span.end.seconds()) == (booking.start, booking.end)
            && told.room.as_ref().map(|room| room.id) == self.live(booking).map(|room| room.id);
        if is_same { Ok(()) } else { Err(format!("should be {booking:?}, not {told:?}")) }
    }

    fn find(&self, id: BookingId) -> Option<&Booking> {
        self.bookings.iter().find(|booking| booking.id == id)
    }
}

impl Booking {
    /// Who else has booked just this sits in the same session, if there are seats.
    fn session(&self) -> Session {
        (self.event, self.start, self.end)
    }

    /// A change of version.
    fn step(&mut self, kind: &'static str, by: &'static str, at: i64) {
        self.version += 1;
        self.history.push(Happened { version: self.version, kind, by, at, from: None });
    }

    fn end_with(&mut self, status: Status, by: &'static str, at: i64) {
        self.status = status;
        self.expires = None;
        self.rooms.iter_mut().for_each(|room| room.revoked = true);
        self.step(status.name(), by, at);
    }
}

impl Room {
    fn row(&self) -> String {
        let state = if self.revoked { "revoked" } else { "live" };
        let (opens, closes) = (micros(self.opens), micros(self.closes));
        format!("{} {opens}-{closes} {state}", self.id)
    }

    /// Whether somebody may come in.
    fn answers(&self, status: Status, now: i64) -> &'static str {
        if self.revoked || status != Status::Confirmed {
            "revoked"
        } else if now < self.opens {
            "early"
        } else if now < self.closes {
            "open"
        } else {
            "over"
        }
    }
}

fn is_refused(why: &str, outcome: &Outcome) -> Said {
    match outcome {
        Outcome::Refused(told) if told == why => Ok(()),
        other => Err(format!("should be refused with {why:?}, not {other:?}")),
    }
}
