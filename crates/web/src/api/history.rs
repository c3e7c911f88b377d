use roomkey_core::booking::{Event, Happening, Side};
use serde::Serialize;
use utoipa::ToSchema;

use super::{booking::BookingJson, openapi};

/// What happened to a booking.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub(super) struct HistoryEntryJson {
    #[schema(format = DateTime)]
    at: String,
    /// `time`: nobody did anything in time.
    #[schema(value_type = openapi::Actor)]
    by: &'static str,
    #[schema(value_type = openapi::HistoryKind)]
    kind: &'static str,
    /// Of a move: when it started before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    from: Option<String>,
    /// Of a move: when it starts from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    to: Option<String>,
    /// Of a proposal: when the booking could start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    starts: Vec<String>,
    /// Of a mark: the name of whom it is about; left out where they are not on the booking any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attendee: Option<String>,
    /// What was said about it; left out if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
}

impl From<&Event> for HistoryEntryJson {
    fn from(Event { at, by, what }: &Event) -> Self {
        let (from, to) = match what {
            Happening::Moved { from, to, .. } => (Some(from.to_string()), Some(to.to_string())),
            _ => (None, None),
        };
        let starts = match what {
            Happening::Proposed { starts, .. } => starts.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        let attendee = match what {
            Happening::Marked { name, .. } => name.as_ref().map(ToString::to_string),
            _ => None,
        };
        Self {
            at: at.to_string(),
            by: by.map_or(TIME, Side::as_str),
            kind: what.as_str(),
            from,
            to,
            starts,
            attendee,
            note: what.note().map(ToString::to_string),
        }
    }
}

/// Who does what nobody does.
pub(super) const TIME: &str = "time";

impl BookingJson {
    /// With what happened to it: for its host.
    #[must_use]
    pub fn with_history(mut self, history: &[Event]) -> Self {
        self.history = Some(history.iter().map(HistoryEntryJson::from).collect());
        self
    }
}
