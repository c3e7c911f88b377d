//! A room as Jitsi opened it, to the host of its booking.

use roomkey_core::{
    room::{Conference, Ended},
    time::Instant,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{BookingJson, openapi};

/// A room as Jitsi opened it. It has one after the other: people leave and come back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Conference)]
pub(super) struct ConferenceJson {
    #[schema(format = DateTime)]
    opened_at: String,
    /// Left out while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    ended_at: Option<String>,
    /// `empty`: the last person left. `window`: the window's end came. Left out while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = openapi::ConferenceEnd)]
    ended_by: Option<&'static str>,
}

impl ConferenceJson {
    /// As it stands at `now`.
    pub(super) fn at(now: Instant, conference: &Conference) -> Self {
        let ended = conference.ended(now);
        Self {
            opened_at: conference.opened_at.to_string(),
            ended_at: ended.map(|ended| ended.at().to_string()),
            ended_by: ended.map(Ended::as_str),
        }
    }
}

impl BookingJson {
    /// With its rooms as Jitsi opened them: for its host.
    #[must_use]
    pub fn with_conferences(mut self, all: &[Conference], now: Instant) -> Self {
        self.conferences = Some(all.iter().map(|each| ConferenceJson::at(now, each)).collect());
        self
    }
}
