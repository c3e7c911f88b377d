use crate::{
    text::{FieldError, Title},
    time::{Edge, Instant, LocalDate, LocalDateTime, Span, TimeZone},
};

/// When a host is away: wall time in one zone, so the same moments for every schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeOff {
    from: LocalDateTime,
    to: LocalDateTime,
    time_zone: TimeZone,
    reason: Option<Title>,
}

impl TimeOff {
    /// From one wall time of a zone to a later one; the host may say why.
    ///
    /// # Errors
    /// [`FieldError::EndsBeforeStart`].
    pub fn new(
        from: LocalDateTime,
        to: LocalDateTime,
        time_zone: TimeZone,
        reason: Option<Title>,
    ) -> Result<Self, FieldError> {
        if to <= from {
            return Err(FieldError::EndsBeforeStart);
        }
        Ok(Self { from, to, time_zone, reason })
    }

    /// The first moment away.
    pub const fn from(&self) -> LocalDateTime {
        self.from
    }

    /// The first moment back.
    pub const fn to(&self) -> LocalDateTime {
        self.to
    }

    /// In which its wall times are meant.
    pub const fn time_zone(&self) -> TimeZone {
        self.time_zone
    }

    /// Why, if the host said.
    pub const fn reason(&self) -> Option<&Title> {
        self.reason.as_ref()
    }

    /// The instants that it takes away: where a clock change leaves a choice, more of them. Wall time that one leaves
    /// out takes nothing away: then the span is empty.
    pub fn span(&self) -> Span {
        Span {
            start: self.time_zone.resolve_local(self.from, Edge::Start),
            end: self.time_zone.resolve_local(self.to, Edge::End),
        }
    }

    /// Whether it takes away any of a date of a zone.
    pub fn meets(&self, date: LocalDate, zone: TimeZone) -> bool {
        let (start, end) = (zone.start_of(date), date.succ_opt().map(|next| zone.start_of(next)));
        let span = self.span();
        let day = Span { start, end: end.unwrap_or(Instant::MAX) };
        span.start < span.end && span.overlaps(day)
    }
}
