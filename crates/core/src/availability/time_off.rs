use crate::{
    text::{FieldError, Title},
    time::{Edge, LocalDateTime, Span, TimeZone},
};

/// When a host is away: wall time, meant in the zone of whichever schedule is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeOff {
    from: LocalDateTime,
    to: LocalDateTime,
    reason: Option<Title>,
}

impl TimeOff {
    /// From one moment to a later one; the host may say why.
    ///
    /// # Errors
    /// [`FieldError::EndsBeforeStart`].
    pub fn new(
        from: LocalDateTime,
        to: LocalDateTime,
        reason: Option<Title>,
    ) -> Result<Self, FieldError> {
        if to <= from { Err(FieldError::EndsBeforeStart) } else { Ok(Self { from, to, reason }) }
    }

    /// The first moment away.
    pub const fn from(&self) -> LocalDateTime {
        self.from
    }

    /// The first moment back.
    pub const fn to(&self) -> LocalDateTime {
        self.to
    }

    /// Why, if the host said.
    pub const fn reason(&self) -> Option<&Title> {
        self.reason.as_ref()
    }

    /// The instants of a zone that it takes away: where a clock change leaves a choice, more of them.
    pub fn span(&self, zone: TimeZone) -> Span {
        Span {
            start: zone.resolve_local(self.from, Edge::Start),
            end: zone.resolve_local(self.to, Edge::End),
        }
    }
}
