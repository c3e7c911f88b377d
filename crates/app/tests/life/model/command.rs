//! What people, programs and time do, and how the program answers.

use roomkey_core::{
    booking::{Proposal, Side},
    ids::{BookingId, GuestId, RoomId},
    notice::Letter,
    token::Token,
};
use roomkey_store::BookingDetails;

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
        visitor: Option<usize>,
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
    },
    Cancel {
        booking: BookingId,
        way: Way,
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
