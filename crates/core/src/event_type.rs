//! Event types: one thing that people can book.

mod limits;
mod link;
mod location;
mod reminders;
mod unbookable;
mod window;

pub use limits::{InvalidLimit, Limit, Limits, Measure, Period};
pub use link::{Closed, EventLink, LinkRefusal, Prefill};
pub use location::{InvalidLocation, Location};
pub use reminders::Reminders;
pub use unbookable::Unbookable;
pub use window::{Dates, Window};

use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use crate::{
    availability::Schedule,
    ids::{EventTypeId, ScheduleId, UserId},
    jitsi::ServerName,
    question::{Question, Questions},
    text::{FieldError, Note, Slug, Title},
    time::Minutes,
};

/// The longest booking, and the longest buffer.
pub const LONGEST: Minutes = Minutes(24 * 60);

/// How the room of a booking behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomPolicy {
    /// Opens so long before the start.
    pub early: Minutes,
    /// Stays open so long after the end.
    pub grace: Minutes,
    /// How many people may be in it.
    pub max_occupants: Option<u32>,
    /// Whether people wait until somebody lets them in.
    pub lobby: bool,
    /// Whether only the host is told the password: customers wait in the lobby, which there is then, until they are let
    /// in.
    pub knock: bool,
    /// On which Jitsi, where it is not the first.
    pub server: Option<ServerName>,
}

/// Room to breathe around a booking. Two bookings of a host need the larger of the two buffers
/// between them, not their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buffers {
    /// Before the start.
    pub before: Minutes,
    /// After the end.
    pub after: Minutes,
}

/// Where bookings may start: every so often from the start of each range of hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grid {
    /// From one start to the next, 5 minutes to 24 hours. Where it is not set, one booking's length.
    pub increment: Option<Minutes>,
    /// From the start of the range to the first, less than 24 hours.
    pub offset: Minutes,
}

/// What can be said about an event type; every combination is a valid one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The last part of its address.
    pub slug: Slug,
    /// What it is called.
    pub title: Title,
    /// What it is.
    pub description: Note,
    /// How long a booking is if nobody chooses, 5 minutes to 24 hours.
    pub duration: Minutes,
    /// Other lengths to choose from; see [`Terms::set_durations`].
    pub other_durations: Vec<Minutes>,
    /// Where bookings may start inside the hours.
    pub grid: Grid,
    /// Room to breathe, each up to 24 hours.
    pub buffers: Buffers,
    /// How long ahead a booking must be made, up to a year.
    pub min_notice: Minutes,
    /// How long before the start customers may last cancel, up to a year; 0 is until it begins.
    pub cancel_notice: Minutes,
    /// How long before the start customers may last move it, likewise.
    pub move_notice: Minutes,
    /// How far ahead a booking can be made.
    pub window: Window,
    /// How many bookings there may be in a stretch of time.
    pub limits: Limits,
    /// By which hours; the host's default schedule if it names none.
    pub schedule: Option<ScheduleId>,
    /// Who sees that it is there.
    pub visibility: Visibility,
    /// Where the two sides meet.
    pub location: Location,
    /// What customers are asked besides name, address and note; see [`Terms::asks`].
    pub questions: Questions,
    /// Within how long the host answers a request; without it bookings stand at once.
    pub confirm_within: Option<Minutes>,
    /// How many customers can book the same time, where that is more than one.
    pub seats: Option<u32>,
    /// How often it can be booked at once, where it can be booked repeatedly; see [`Terms::most_repeats`].
    pub series: Option<u32>,
    /// How many people a customer may bring along; none where there are seats.
    pub guests: u32,
    /// Whether those who book the same time see each other's names.
    pub shows_attendees: bool,
    /// Whether customers show first that the address they give is theirs.
    pub email_proof: bool,
    /// How long a time that becomes free is kept for who waits for it; nobody waits if it does not say. See
    /// [`Terms::waiting_list`].
    pub waiting_list: Option<Minutes>,
    /// When people are reminded of it.
    pub reminders: Reminders,
    /// How its rooms behave.
    pub room: RoomPolicy,
    /// Whether the password stands in calendar entries, which others may see.
    pub password_in_calendar: bool,
}

/// Who sees that an event type is there, and who can book it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// The host's page lists it.
    Public,
    /// No page does; whoever knows its address can book it.
    Hidden,
    /// Nobody sees or books it without one of its links.
    Link,
}

impl Visibility {
    /// Its name in pages and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Hidden => "hidden",
            Self::Link => "link",
        }
    }
}

impl FromStr for Visibility {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        match text {
            "public" => Ok(Self::Public),
            "hidden" => Ok(Self::Hidden),
            "link" => Ok(Self::Link),
            _ => Err(FieldError::Choice),
        }
    }
}

/// Something that people can book with one host.
#[derive(Debug, Clone)]
pub struct EventType {
    /// Names the row.
    pub id: EventTypeId,
    /// Whose it is.
    pub host: UserId,
    /// What it offers.
    pub terms: Terms,
}

/// The numbers of an event type, each with its name and bounds, so that pages, API and commands
/// ask for them in the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest allowed.
    pub min: u32,
    /// The largest allowed.
    pub max: u32,
}

impl Bounds {
    /// Minutes of a booking.
    pub const DURATION: Self = Self { min: 5, max: LONGEST.0 };
    /// Minutes between offered starts.
    pub const INCREMENT: Self = Self { min: 5, max: LONGEST.0 };
    /// Minutes from the start of a range to the first offered start.
    pub const OFFSET: Self = Self { min: 0, max: LONGEST.0 - 1 };
    /// How much a limit allows: bookings, or minutes (a year has fewer).
    pub const LIMIT: Self = Self { min: 1, max: 600_000 };
    /// Minutes of a buffer.
    pub const BUFFER: Self = Self { min: 0, max: LONGEST.0 };
    /// Minutes within which a request is answered: up to 30 days.
    pub const CONFIRM: Self = Self { min: 5, max: 30 * 24 * 60 };
    /// Minutes of minimum notice: up to a year.
    pub const MIN_NOTICE: Self = Self { min: 0, max: 365 * 24 * 60 };
    /// Minutes before the start until which customers may cancel or move: up to a year.
    pub const CUSTOMER_NOTICE: Self = Self { min: 0, max: 365 * 24 * 60 };
    /// Days of the booking window.
    pub const WINDOW_DAYS: Self = Self { min: 0, max: 730 };
    /// Minutes a room opens early, or stays open after.
    pub const ROOM: Self = Self { min: 0, max: LONGEST.0 };
    /// Bookings with one link.
    pub const LINK_USES: Self = Self { min: 1, max: 10_000 };
    /// Customers who can book the same time; 1 is the usual.
    pub const SEATS: Self = Self { min: 1, max: 500 };
    /// People whom a customer brings along.
    pub const GUESTS: Self = Self { min: 0, max: 20 };
    /// Bookings of one series.
    pub const SERIES: Self = Self { min: 2, max: 52 };
    /// The same, where 0 is not repeatedly at all.
    pub const SERIES_OR_NONE: Self = Self { min: 0, max: Self::SERIES.max };
    /// Minutes for which a time is kept for somebody in the waiting list.
    pub const WAITING_LIST: Self = Self { min: 5, max: 24 * 60 };
    /// Minutes before the start at which somebody is reminded: up to 30 days.
    pub const REMINDER: Self = Self { min: 5, max: 30 * 24 * 60 };
    /// People in a room.
    pub const OCCUPANTS: Self = Self { min: 1, max: 500 };

    /// The number, if it lies inside.
    ///
    /// # Errors
    /// [`FieldError::OutOfRange`] with these bounds.
    pub const fn check(self, number: u32) -> Result<u32, FieldError> {
        if number < self.min || number > self.max {
            Err(FieldError::OutOfRange { min: self.min, max: self.max })
        } else {
            Ok(number)
        }
    }

    /// Reads a number inside the bounds.
    ///
    /// # Errors
    /// [`FieldError::Required`], [`FieldError::Number`] or [`FieldError::OutOfRange`].
    pub fn parse(self, text: &str) -> Result<u32, FieldError> {
        match text.trim() {
            "" => Err(FieldError::Required),
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                self.check(digits.parse().unwrap_or(u32::MAX))
            }
            _ => Err(FieldError::Number),
        }
    }
}

/// Why an event type can not be booked repeatedly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRepeats {
    /// Several customers book the same time.
    #[error("what several people book at the same time can not be booked repeatedly")]
    Seats,
}

impl Terms {
    /// How many customers can book the same time, for a number inside [`Bounds::SEATS`].
    pub const fn seats_for(number: u32) -> Option<u32> {
        if number > 1 { Some(number) } else { None }
    }

    /// How often it can be booked at once, for a number inside [`Bounds::SERIES_OR_NONE`]; 0 is not repeatedly.
    ///
    /// # Errors
    /// [`FieldError::OutOfRange`] for 1.
    pub fn series_for(number: u32) -> Result<Option<u32>, FieldError> {
        if number == 0 { Ok(None) } else { Bounds::SERIES.check(number).map(Some) }
    }

    /// How often it can be booked at once, if it can be booked repeatedly at all. What is shared with others is
    /// booked one by one.
    pub const fn most_repeats(&self) -> Option<u32> {
        match self.repeats_with() {
            Ok(()) => self.series,
            Err(_) => None,
        }
    }

    /// Whether the other terms go together with a series.
    ///
    /// # Errors
    /// [`NoRepeats`] names what does not.
    pub const fn repeats_with(&self) -> Result<(), NoRepeats> {
        if self.series.is_none() {
            Ok(())
        } else if self.seats.is_some() {
            Err(NoRepeats::Seats)
        } else {
            Ok(())
        }
    }

    /// How many people a customer may bring along, unless the host says otherwise.
    pub const USUAL_GUESTS: u32 = 5;

    /// How many people a customer may bring along. Where there are seats, each takes one of their own.
    pub const fn most_guests(&self) -> u32 {
        if self.seats.is_some() { 0 } else { self.guests }
    }

    /// How long a time that becomes free is kept for who waits for it, if there is a waiting list: not where it takes
    /// a link to book, since whoever waits could not be let in without one.
    pub fn waiting_list(&self) -> Option<Minutes> {
        self.waiting_list.filter(|_| self.visibility != Visibility::Link)
    }

    /// Reads for how many minutes a time is kept for who waits; nothing and 0 say that nobody waits.
    ///
    /// # Errors
    /// [`FieldError`] of [`Bounds::WAITING_LIST`].
    pub fn read_waiting_list(text: &str) -> Result<Option<Minutes>, FieldError> {
        match text.trim() {
            "" | "0" => Ok(None),
            text => Bounds::WAITING_LIST.parse(text).map(|minutes| Some(Minutes(minutes))),
        }
    }

    /// The most lengths to choose from.
    pub const MOST_DURATIONS: usize = 8;

    /// All lengths, the shortest first.
    pub fn durations(&self) -> Vec<Minutes> {
        let mut all = self.other_durations.clone();
        all.push(self.duration);
        all.sort_unstable();
        all
    }

    /// Whether it is offered by that one of its host's schedules.
    pub fn is_by(&self, schedule: &Schedule) -> bool {
        match self.schedule {
            None => schedule.is_default,
            Some(id) => schedule.id == id,
        }
    }

    /// Whether a booking may have that length.
    pub fn has_duration(&self, duration: Minutes) -> bool {
        duration == self.duration || self.other_durations.contains(&duration)
    }

    /// Sets the lengths: the one that holds if nobody chooses, and all others, each of which counts
    /// once.
    ///
    /// # Errors
    /// [`FieldError::OutOfRange`] for a length out of [`Bounds::DURATION`], [`FieldError::TooMany`]
    /// for more than [`Self::MOST_DURATIONS`].
    pub fn set_durations(
        &mut self,
        usual: Minutes,
        mut others: Vec<Minutes>,
    ) -> Result<(), FieldError> {
        others.retain(|other| *other != usual);
        others.sort_unstable();
        others.dedup();
        if others.len() >= Self::MOST_DURATIONS {
            return Err(FieldError::TooMany { max: Self::MOST_DURATIONS });
        }
        for length in others.iter().chain([&usual]) {
            Bounds::DURATION.check(length.0)?;
        }
        (self.duration, self.other_durations) = (usual, others);
        Ok(())
    }

    /// All that customers are asked besides name, address and note: what the location needs, and the
    /// host's own questions.
    pub fn asks(&self) -> Vec<Question> {
        self.location.question().into_iter().chain(self.questions.iter().cloned()).collect()
    }

    /// What a customer who fills in the form agrees to, in short: another text when a question or the
    /// place has changed.
    pub fn asked_as(&self) -> String {
        let mut hasher = Sha256::new();
        let mut say = |text: &str| {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        };
        say(self.location.kind());
        say(self.location.detail());
        for question in self.asks() {
            say(question.id().as_str());
            say(question.label().as_str());
            say(question.kind().as_str());
            say(question.asked().as_str());
            question.kind().choices().iter().for_each(|choice| say(choice.as_str()));
        }
        let mut text = BASE64URL_NOPAD.encode(&hasher.finalize());
        text.truncate(16);
        text
    }

    /// The usual terms for a title and a duration, as the handbook names them: published at once, no
    /// notice, 60 days ahead, no buffers, rooms open 10 minutes early to 15 minutes late.
    pub fn usual(slug: Slug, title: Title, description: Note, duration: Minutes) -> Self {
        Self {
            slug,
            title,
            description,
            duration,
            other_durations: Vec::new(),
            grid: Grid { increment: None, offset: Minutes(0) },
            buffers: Buffers { before: Minutes(0), after: Minutes(0) },
            min_notice: Minutes(0),
            cancel_notice: Minutes(0),
            move_notice: Minutes(0),
            window: Window::Days(60),
            limits: Limits::NONE,
            schedule: None,
            visibility: Visibility::Public,
            location: Location::Jitsi,
            questions: Questions::NONE,
            confirm_within: None,
            seats: None,
            series: None,
            guests: Self::USUAL_GUESTS,
            shows_attendees: false,
            email_proof: false,
            waiting_list: None,
            reminders: Reminders::usual(),
            password_in_calendar: false,
            room: RoomPolicy {
                early: Minutes(10),
                grace: Minutes(15),
                max_occupants: None,
                lobby: false,
                knock: false,
                server: None,
            },
        }
    }
}
