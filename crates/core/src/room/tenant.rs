//! Rooms under a path of their own: `https://meet.example.org/acme/ROOM`.

use std::str::FromStr;

/// The part of Jitsi's addresses under which all rooms stand, where one Jitsi serves several. Prosody knows such a room
/// as `[acme]room`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant(String);

/// The text can be no such part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a part of an address: use small letters, digits and - . _, at most 63")]
pub struct InvalidTenant;

impl Tenant {
    /// As it stands in addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What Prosody calls a room of that name.
    pub fn node(&self, name: &str) -> String {
        format!("[{}]{name}", self.0)
    }

    /// The room's own name in what Prosody calls it; none if it stands elsewhere.
    pub fn name_in<'a>(&self, node: &'a str) -> Option<&'a str> {
        node.strip_prefix('[')?.strip_prefix(self.as_str())?.strip_prefix(']')
    }
}

impl FromStr for Tenant {
    type Err = InvalidTenant;

    fn from_str(text: &str) -> Result<Self, InvalidTenant> {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = (1..=63).contains(&text.len())
            && text.bytes().all(|b| is_plain(b) || b"-._".contains(&b))
            && text.bytes().any(is_plain);
        fits.then(|| Self(text.to_owned())).ok_or(InvalidTenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rooms_of_the_tenant_are_found() {
        let acme: Tenant = "acme".parse().unwrap();
        assert_eq!(acme.name_in(&acme.node("k7w2")), Some("k7w2"));
        for other in ["k7w2", "[acme2]k7w2", "[acm]k7w2", "acme]k7w2", "[acme", "[ACME]k7w2", ""] {
            assert_eq!(acme.name_in(other), None, "{other}");
        }
        for bad in ["", "..", "a/b", "a b", "Acme", "ä", "[a]", &"a".repeat(64)] {
            assert!(bad.parse::<Tenant>().is_err(), "{bad}");
        }
    }
}
