//! Links that open an event type: secret, for so many bookings, until some time.

use super::Visibility;
use crate::{
    booking::Side,
    ids::{EventLinkId, EventTypeId},
    text::{EmailAddress, PersonName, Title},
    time::Instant,
};

/// What a link fills into the form, where the customer can change it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefill {
    /// The customer's name.
    pub name: Option<PersonName>,
    /// The customer's address.
    pub email: Option<EmailAddress>,
}

/// A link to an event type. Its token is not in here: whoever holds the token opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLink {
    /// Names the row.
    pub id: EventLinkId,
    /// What it opens.
    pub event_type: EventTypeId,
    /// By which the host knows it; customers do not see it.
    pub name: Title,
    /// How many bookings can still be made with it; any number if it does not say.
    pub uses_left: Option<u32>,
    /// From when on it opens nothing.
    pub expires_at: Option<Instant>,
    /// What the customer need not type.
    pub prefill: Prefill,
}

/// Why a link works no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// As many bookings as it was for were made.
    #[error("this link is used up")]
    UsedUp,
    /// Its time is over.
    #[error("this link has expired")]
    Expired,
}

/// Why an event type is closed to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// As if there were none: it takes a link, and there is none.
    Missing,
    /// The link that they have works no longer.
    Gone(LinkRefusal),
}

impl EventLink {
    /// Whether it may be used at `now`.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, now: Instant) -> Result<(), LinkRefusal> {
        if self.uses_left == Some(0) {
            Err(LinkRefusal::UsedUp)
        } else if self.expires_at.is_some_and(|end| end <= now) {
            Err(LinkRefusal::Expired)
        } else {
            Ok(())
        }
    }
}

impl Visibility {
    /// Whether somebody may see and book an event type, with the one of its links that they brought,
    /// if they did. A link that is brought counts wherever it leads; only customers need one.
    ///
    /// # Errors
    /// [`Closed`].
    pub fn admit(self, by: Side, link: Option<&EventLink>, now: Instant) -> Result<(), Closed> {
        match (link, self, by) {
            (Some(link), ..) => link.check(now).map_err(Closed::Gone),
            (None, Self::Link, Side::Customer) => Err(Closed::Missing),
            (None, ..) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{random::Entropy, time::Minutes};

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    const NOW: Instant = Instant::from_seconds(1_800_000_000);

    fn link(uses_left: Option<u32>, expires_at: Option<Instant>) -> EventLink {
        EventLink {
            id: EventLinkId::new(NOW, &Zeros),
            event_type: EventTypeId::new(NOW, &Zeros),
            name: "For Bo".parse().unwrap(),
            uses_left,
            expires_at,
            prefill: Prefill::default(),
        }
    }

    #[test]
    fn a_link_works_until_it_is_used_up_or_over() {
        let later = Some(NOW.plus_micros(1));
        for (uses_left, expires_at, verdict) in [
            (None, None, Ok(())),
            (Some(1), later, Ok(())),
            (Some(0), later, Err(LinkRefusal::UsedUp)),
            (Some(0), Some(NOW), Err(LinkRefusal::UsedUp)),
            (None, Some(NOW), Err(LinkRefusal::Expired)),
            (Some(7), Some(NOW.minus(Minutes(1))), Err(LinkRefusal::Expired)),
        ] {
            assert_eq!(link(uses_left, expires_at).check(NOW), verdict, "{uses_left:?}");
        }
    }

    #[test]
    fn only_customers_need_a_link_and_only_where_there_is_no_other_way() {
        for visibility in [Visibility::Public, Visibility::Hidden, Visibility::Link] {
            for by in [Side::Host, Side::Customer] {
                let bare = visibility.admit(by, None, NOW);
                let closed = visibility == Visibility::Link && by == Side::Customer;
                assert_eq!(bare, if closed { Err(Closed::Missing) } else { Ok(()) });
                assert_eq!(visibility.admit(by, Some(&link(None, None)), NOW), Ok(()));
                let gone = Err(Closed::Gone(LinkRefusal::UsedUp));
                assert_eq!(visibility.admit(by, Some(&link(Some(0), None)), NOW), gone);
            }
        }
    }
}
