//! How somebody shows that an address is theirs: by a link that is sent there, and later by a stamp that
//! their browser keeps. Both are made of the installation's key whenever they are needed and stored
//! nowhere, so that nothing can be looked up by an address, and no answer tells which are known.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::{ids::AttendeeId, text::EmailAddress, time::Instant};

/// What one of the links of an unproven booking is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Sent to the address: who has it reads the mail there.
    Prove,
    /// Given to who made the booking, whoever that is: it shows that the time is kept, and lets it go.
    Wait,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Prove => "prove",
            Self::Wait => "wait",
        }
    }
}

/// A link for one person of one booking and one purpose. Never printed.
#[derive(Debug, Clone)]
pub struct ProofLink(SecretString);

impl ProofLink {
    /// The text for an address: 64 characters of the URL-safe Base64 alphabet.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Makes links and stamps, and knows its own again.
#[derive(Clone)]
pub struct ProofKey([u8; 32]);

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey")
    }
}

impl ProofKey {
    /// Of a key that is used for nothing else.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// HMAC-SHA256 over what it is for and the parts, each with its length before it.
    fn mac(&self, purpose: &str, parts: [&[u8]; 2]) -> Option<Hmac<Sha256>> {
        // Keys of any length are taken; the error can not happen.
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).ok()?;
        for part in [&[purpose.as_bytes()][..], &parts].concat() {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Some(mac)
    }

    /// The link of a person, the same whenever it is made.
    pub fn link(&self, purpose: Purpose, attendee: AttendeeId) -> ProofLink {
        let id = attendee.to_bytes();
        let mac = self.mac(purpose.as_str(), [&id, &[]]).map(|mac| mac.finalize().into_bytes());
        let text = BASE64URL_NOPAD.encode(&[&id[..], &mac.unwrap_or_default()].concat());
        ProofLink(text.into())
    }

    /// Whose link it is, if this key made it for that purpose.
    pub fn attendee(&self, purpose: Purpose, link: &str) -> Option<AttendeeId> {
        let bytes = BASE64URL_NOPAD.decode(link.as_bytes()).ok()?;
        let (id, sent) = bytes.split_first_chunk::<16>()?;
        // Compared in the same time wherever they differ.
        self.mac(purpose.as_str(), [id, &[]])?.verify_slice(sent).ok()?;
        Some(AttendeeId::from_bytes(*id))
    }

    /// What a browser keeps to show until then that an address is its reader's. It names no address.
    pub fn stamp(&self, address: &EmailAddress, until: Instant) -> SecretString {
        let seconds = until.seconds().to_be_bytes();
        let mac = self.mac("stamp", [&seconds, address.folded().as_bytes()]);
        let mac = mac.map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        BASE64URL_NOPAD.encode(&[&seconds[..], &mac].concat()).into()
    }

    /// Whether this key made the stamp for that address, and it still holds at `now`.
    pub fn is_stamped(&self, stamp: &str, address: &EmailAddress, now: Instant) -> bool {
        let holds = || {
            let bytes = BASE64URL_NOPAD.decode(stamp.as_bytes()).ok()?;
            let (seconds, sent) = bytes.split_first_chunk::<8>()?;
            let mac = self.mac("stamp", [seconds, address.folded().as_bytes()])?;
            mac.verify_slice(sent).ok()?;
            Some(now.seconds() < i64::from_be_bytes(*seconds))
        };
        holds().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: ProofKey = ProofKey::new([7; 32]);

    fn attendee(bytes: [u8; 16]) -> AttendeeId {
        AttendeeId::from_bytes(bytes)
    }

    #[test]
    fn a_link_is_for_one_person_and_one_purpose() {
        let bo = attendee([1; 16]);
        let link = KEY.link(Purpose::Prove, bo);
        assert_eq!(link.expose(), KEY.link(Purpose::Prove, bo).expose());
        assert_eq!(link.expose().len(), 64);
        assert_eq!(KEY.attendee(Purpose::Prove, link.expose()), Some(bo));
        assert_eq!(KEY.attendee(Purpose::Wait, link.expose()), None);
        assert_eq!(ProofKey::new([8; 32]).attendee(Purpose::Prove, link.expose()), None);
        assert_ne!(link.expose(), KEY.link(Purpose::Prove, attendee([2; 16])).expose());
        assert!(!format!("{link:?} {KEY:?}").contains(link.expose()));
    }

    #[test]
    fn a_stamp_is_for_one_address_and_a_while() {
        let (bo, other) = ("Bo@Example.com".parse().unwrap(), "cy@example.com".parse().unwrap());
        let until = Instant::parse("2027-07-01T08:00:00Z").unwrap();
        let stamp = KEY.stamp(&bo, until);
        let stamp = stamp.expose_secret();
        assert!(KEY.is_stamped(stamp, &bo, until.plus_micros(-1_000_000)));
        assert!(KEY.is_stamped(stamp, &"bo@example.COM".parse().unwrap(), Instant::EPOCH));
        assert!(!KEY.is_stamped(stamp, &bo, until));
        assert!(!KEY.is_stamped(stamp, &other, Instant::EPOCH));
        assert!(!ProofKey::new([8; 32]).is_stamped(stamp, &bo, Instant::EPOCH));
        // A link is no stamp, nor a stamp a link.
        let link = KEY.link(Purpose::Prove, attendee([1; 16]));
        assert!(!KEY.is_stamped(link.expose(), &bo, Instant::EPOCH));
        assert_eq!(KEY.attendee(Purpose::Prove, stamp), None);
    }

    proptest! {
        #[test]
        fn nothing_else_is_taken(
            text in "[A-Za-z0-9_-]{0,80}|\\PC{0,80}",
            flip in 0..48_usize,
            bit in 0..8_u32,
            id: [u8; 16],
        ) {
            prop_assert_eq!(KEY.attendee(Purpose::Prove, &text), None);
            let bo = "bo@example.com".parse().unwrap();
            prop_assert!(!KEY.is_stamped(&text, &bo, Instant::EPOCH));
            let link = KEY.link(Purpose::Prove, attendee(id));
            let mut bytes = BASE64URL_NOPAD.decode(link.expose().as_bytes()).unwrap();
            bytes[flip] ^= 1 << bit;
            let changed = BASE64URL_NOPAD.encode(&bytes);
            prop_assert_eq!(KEY.attendee(Purpose::Prove, &changed), None);
            bytes.truncate(flip);
            let short = BASE64URL_NOPAD.encode(&bytes);
            prop_assert_eq!(KEY.attendee(Purpose::Prove, &short), None);
        }
    }
}
