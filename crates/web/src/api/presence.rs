//! Who was in a booking's room, to its host.

use roomkey_core::room::{Person, Presence};
use serde::Serialize;
use utoipa::ToSchema;

use super::BookingJson;

/// Who was in the room, where Jitsi tells of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Presence)]
pub(super) struct PresenceJson {
    /// Everybody, by when they came. Who has no token is nobody in particular each time that they come.
    people: Vec<PersonJson>,
    /// How long at least two of them were there at once.
    together_seconds: i64,
}

/// Somebody who was in the room.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Person)]
struct PersonJson {
    /// As their token said; left out without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<String>,
    /// As their token said; left out without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    times: Vec<TimeJson>,
}

/// From when to when somebody was in the room.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PresentTime)]
struct TimeJson {
    #[schema(format = DateTime)]
    joined_at: String,
    /// Left out while they are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    left_at: Option<String>,
}

impl From<&Person> for PersonJson {
    fn from(person: &Person) -> Self {
        let times = person.times.iter().map(|(joined_at, left_at)| TimeJson {
            joined_at: joined_at.to_string(),
            left_at: left_at.map(|left_at| left_at.to_string()),
        });
        Self { id: person.id.clone(), name: person.name.clone(), times: times.collect() }
    }
}

impl BookingJson {
    /// With who was in its room: for its host.
    #[must_use]
    pub fn with_presence(mut self, presence: Option<&Presence>) -> Self {
        self.presence = presence.map(|presence| PresenceJson {
            people: presence.people.iter().map(PersonJson::from).collect(),
            together_seconds: presence.together / 1_000_000,
        });
        self
    }
}
