//! What people, programs and time do, and how the program answers.

use roomkey_core::{
    booking::{Proposal, SeriesScope, Side},
    ids::{BookingId, GuestId, RoomId, WaitingEntryId},
    notice::Letter,
    token::Token,
};
use roomkey_store::BookingDetails;

use super::rules::{DAY, MINUTE};

/// By which door somebody books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Door {
    /// The public page, or the public API.
    Page,
    /// The API with the host's key.
    Key,
    /// The host's own page.
    Own,
}

/// By which way somebody comes to a booking.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    Link(Side, Token),
    /// Signed in, or with a key: this host, whosever the booking is.
    Own(usize),
}

/// A booking that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    pub(crate) door: Door,
    pub(crate) event: usize,
    pub(crate) start: i64,
    pub(crate) duration: Option<i64>,
    pub(crate) customer: usize,
    /// How many people the customer brings along.
    pub(crate) guests: usize,
    /// How it is to be repeated, if it is.
    pub(crate) repeat: Option<Repeat>,
}

/// The same time again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Repeat {
    /// After so many weeks each.
    pub(crate) weeks: i64,
    pub(crate) count: u32,
    /// Which of the dates is left out, if one is.
    pub(crate) except: Option<u32>,
}

impl Repeat {
    /// When each is that is wanted.
    pub(crate) fn starts(self, first: i64) -> Vec<i64> {
        let wanted = (0..self.count).filter(|date| Some(*date) != self.except);
        // The rule goes by whole minutes; what was asked for stays as it was asked for.
        let whole = first.div_euclid(MINUTE) * MINUTE;
        let later = |date: u32| whole + i64::from(date) * self.weeks * 7 * DAY;
        wanted.map(|date| if date == 0 { first } else { later(date) }).collect()
    }
}

/// Who keeps the time that is booked.
#[derive(Clone, Debug)]
pub(crate) enum Keeper {
    /// A visitor of the page.
    Visitor(usize),
    /// Somebody in its waiting list, by the link to their page.
    Waiting(WaitingEntryId, Token),
}

/// What is said to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Accept(i64),
    Decline,
    Withdraw,
}

/// What becomes of a mail that was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Sent,
    Retry,
    GivenUp,
    /// Whoever had it died.
    Lost,
}

#[derive(Clone, Debug)]
pub(crate) enum Command {
    Book {
        asked: Asked,
        key: Option<i64>,
        keeper: Option<Keeper>,
    },
    Hold {
        event: usize,
        start: i64,
        visitor: usize,
    },
    Release {
        visitor: usize,
    },
    Move {
        booking: BookingId,
        way: Way,
        start: i64,
        /// Which of its series go as far.
        scope: SeriesScope,
    },
    Cancel {
        booking: BookingId,
        way: Way,
        /// Which of its series go with it.
        scope: SeriesScope,
    },
    Confirm {
        booking: BookingId,
        way: Way,
    },
    Decline {
        booking: BookingId,
        way: Way,
    },
    /// The button behind the link in the mail that asks for a proof.
    Prove {
        booking: BookingId,
        link: String,
    },
    /// Who waits for the proof lets the time go.
    Withdraw {
        booking: BookingId,
        link: String,
    },
    /// Brings somebody along.
    AddGuest {
        booking: BookingId,
        way: Way,
        guest: usize,
    },
    /// Takes a guest off a booking.
    RemoveGuest {
        booking: BookingId,
        way: Way,
        guest: GuestId,
    },
    /// Looks at a booking's page, and at the door of its room.
    Look {
        link: Token,
    },
    /// Jitsi asks for a room by name, and by id.
    Conference {
        name: String,
        id: RoomId,
    },
    /// The free times of a day.
    Free {
        event: usize,
        midnight: i64,
    },
    /// Other times for a booking.
    Propose {
        booking: BookingId,
        way: Way,
        starts: Vec<i64>,
    },
    /// What one side says to what the other proposed, at that moment if it says so.
    Answer {
        booking: BookingId,
        way: Way,
        says: Says,
        seen: Option<i64>,
    },
    /// Requests that have lapsed are ended.
    Expire,
    /// So is what was proposed.
    Lapse,
    /// Somebody waits for a time: of that day, or of any.
    Join {
        event: usize,
        day: Option<i64>,
        customer: usize,
    },
    /// The button behind the link in the mail that asks who waits for a proof.
    JoinProven {
        entry: WaitingEntryId,
        link: Token,
    },
    /// Who waits does so no more, or the host takes them out.
    Leave {
        entry: WaitingEntryId,
        link: Token,
        by: Side,
    },
    /// Who waits is offered what is free.
    Offer,
    /// What is a day old is forgotten.
    Forget,
    /// The worker takes what is due; each in turn, over and over, has its fate.
    Mail {
        fates: Vec<Fate>,
    },
    Pass {
        until: i64,
    },
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// Where to wait, if the address is to be proven.
    Booked(Box<BookingDetails>, Option<String>),
    /// An earlier request had booked it.
    Repeated(Box<BookingDetails>),
    /// Moved, cancelled, confirmed, declined; or looked at.
    Changed(Box<BookingDetails>),
    /// The same, with all of its series.
    Whole(Box<BookingDetails>, Vec<BookingDetails>),
    /// The first of a series, all of it, and where to wait.
    Series(Box<BookingDetails>, Vec<BookingDetails>, Option<String>),
    /// Not all dates can be had, and why.
    Dates(Vec<(i64, String)>),
    /// Whether the address is to be proven, and who waits now under it.
    Joined(bool, WaitingEntryId, Token),
    Shown(Side, Box<BookingDetails>, &'static str),
    Proposed(Box<Proposal>),
    Held(i64),
    Verdict(&'static str),
    Free(Vec<i64>),
    Letters(Vec<Letter>),
    Nothing,
    Refused(String),
}

/// The address of one of those whom customers bring along.
pub(crate) fn guest_email(guest: usize) -> String {
    format!("guest-{guest}@guests.example")
}
