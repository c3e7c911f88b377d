use crate::{
    event_type::Limit,
    time::{Instant, LocalDate, Span},
};

/// Why a time can not be booked, in words for customers. What a host is told is
/// [`Reason`](super::Reason).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Already begun.
    #[error("this time has passed")]
    Past,
    /// Sooner than the host wants to know.
    #[error("this time is too soon")]
    InsideMinimumNotice {
        /// The first instant that is not.
        earliest: Instant,
    },
    /// Earlier than the first date that can be booked.
    #[error("this time is before the first day that can be booked")]
    BeforeWindow {
        /// That date, in the schedule's zone.
        first: LocalDate,
    },
    /// Later than can be booked yet.
    #[error("this time can not be booked yet")]
    BeyondWindow {
        /// The last date, in the schedule's zone, that can be booked.
        last: LocalDate,
    },
    /// The host is away.
    #[error("this time is outside the host's hours")]
    TimeOff {
        /// How long.
        span: Span,
    },
    /// Not, or not wholly, inside the host's hours.
    #[error("this time is outside the host's hours")]
    OutsideHours,
    /// Between two offered starts.
    #[error("bookings do not start at this minute")]
    OffGrid,
    /// The host has a booking then, or too close to it.
    #[error("this time is taken")]
    Taken {
        /// From when to when that is.
        by: Span,
    },
    /// Somebody else is filling in the form for it, or for a time too close to it.
    #[error("somebody else is booking this time")]
    Held {
        /// From when to when that is.
        by: Span,
    },
    /// Another calendar says that the host is busy, or too close to it.
    #[error("this time is taken")]
    BusyElsewhere {
        /// From when to when that is.
        by: Span,
        /// Which of the host's calendars says so, as a place in the caller's list.
        calendar: usize,
    },
    /// There are as many bookings as the host wants.
    #[error("no more bookings are taken around this time")]
    LimitReached {
        /// Which limit.
        limit: Limit,
        /// The first date of its period, in the schedule's zone.
        first: LocalDate,
    },
}

impl Refusal {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Past => "past",
            Self::InsideMinimumNotice { .. } => "minimum_notice",
            Self::BeforeWindow { .. } => "before_window",
            Self::BeyondWindow { .. } => "beyond_window",
            Self::TimeOff { .. } => "time_off",
            Self::OutsideHours => "outside_hours",
            Self::OffGrid => "off_grid",
            Self::Taken { .. } => "taken",
            Self::Held { .. } => "held",
            Self::BusyElsewhere { .. } => "busy_elsewhere",
            Self::LimitReached { .. } => "limit_reached",
        }
    }

    /// Whether it is a rule of the host's, which they may leave out of account: not that the time has passed,
    /// nor that it is somebody else's.
    pub const fn is_own_rule(self) -> bool {
        !matches!(self, Self::Past | Self::Taken { .. } | Self::Held { .. })
    }

    /// Whether somebody else was quicker, so that other times are worth a look.
    pub const fn is_taken(self) -> bool {
        matches!(self, Self::Taken { .. } | Self::Held { .. } | Self::BusyElsewhere { .. })
    }
}
