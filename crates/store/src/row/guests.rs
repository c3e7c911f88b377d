//! Guests as JSON: they are always read and written whole.

use roomkey_core::{booking::Guest, text::EmailAddress};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct GuestJson {
    id: String,
    email: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    removed: bool,
}

pub(crate) fn read_guests(text: &str) -> Option<Vec<Guest>> {
    // Most bookings have none.
    if text == "[]" {
        return Some(Vec::new());
    }
    let rows: Vec<GuestJson> = serde_json::from_str(text).ok()?;
    let guest = |GuestJson { id, email, removed }: GuestJson| {
        Some(Guest { id: id.parse().ok()?, email: EmailAddress::from_stored(email), removed })
    };
    rows.into_iter().map(guest).collect()
}

pub(crate) fn write_guests(guests: &[Guest]) -> String {
    let row = |guest: &Guest| GuestJson {
        id: guest.id.to_string(),
        email: guest.email.to_string(),
        removed: guest.removed,
    };
    serde_json::json!(guests.iter().map(row).collect::<Vec<_>>()).to_string()
}
