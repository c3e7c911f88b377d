//! When people are reminded of a booking by mail.

use super::Bounds;
use crate::{booking::Side, text::FieldError, time::Minutes};

/// How long before a booking begins each side is reminded of it. Guests are reminded with the customer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reminders {
    customer: Vec<Minutes>,
    host: Vec<Minutes>,
}

impl Reminders {
    /// Nobody is.
    pub const NONE: Self = Self { customer: Vec::new(), host: Vec::new() };
    /// So many there may be for a side.
    pub const MOST: usize = 5;

    /// Reminders for both sides, in any order; each moment counts once.
    ///
    /// # Errors
    /// [`FieldError::OutOfRange`] for one out of [`Bounds::REMINDER`], [`FieldError::TooMany`] for more than
    /// [`Self::MOST`] for a side.
    pub fn new(customer: Vec<Minutes>, host: Vec<Minutes>) -> Result<Self, FieldError> {
        Ok(Self { customer: in_order(customer)?, host: in_order(host)? })
    }

    /// A day before, for the customer: what an event type has unless its host says otherwise.
    pub fn usual() -> Self {
        Self { customer: vec![Minutes(24 * 60)], host: Vec::new() }
    }

    /// Those for one side, the last first: from the shortest time before the start to the longest.
    pub fn of(&self, side: Side) -> &[Minutes] {
        match side {
            Side::Customer => &self.customer,
            Side::Host => &self.host,
        }
    }

    /// Those for one side, each with the next shorter one, before whose moment it has to go: where both are due, the
    /// later one says it all.
    pub fn with_next(&self, side: Side) -> impl Iterator<Item = (Minutes, Minutes)> {
        let all = self.of(side);
        let shorter = std::iter::once(Minutes(0)).chain(all.iter().copied());
        all.iter().copied().zip(shorter)
    }

    /// Reads what somebody typed for one side: `1440, 60`; nothing is none.
    ///
    /// # Errors
    /// As [`Self::new`], and [`FieldError::Number`].
    pub fn read(text: &str) -> Result<Vec<Minutes>, FieldError> {
        let parts = text.split([',', ' ', ';']).filter(|part| !part.is_empty());
        let read = parts.map(|part| Bounds::REMINDER.parse(part).map(Minutes));
        in_order(read.collect::<Result<_, _>>()?)
    }
}

fn in_order(mut all: Vec<Minutes>) -> Result<Vec<Minutes>, FieldError> {
    all.sort_unstable();
    all.dedup();
    if all.len() > Reminders::MOST {
        return Err(FieldError::TooMany { max: Reminders::MOST });
    }
    for one in &all {
        Bounds::REMINDER.check(one.0)?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_read() {
        let minutes = |all: &[u32]| all.iter().copied().map(Minutes).collect::<Vec<_>>();
        assert_eq!(Reminders::read("1440, 60").unwrap(), minutes(&[60, 1440]));
        assert_eq!(Reminders::read(" 60;60 5 ").unwrap(), minutes(&[5, 60]));
        assert_eq!(Reminders::read("").unwrap(), minutes(&[]));
        assert_eq!(Reminders::read("soon"), Err(FieldError::Number));
        for wrong in ["4", "43201"] {
            assert_eq!(
                Reminders::read(wrong),
                Err(FieldError::OutOfRange { min: 5, max: 43_200 }),
                "{wrong}"
            );
        }
        assert_eq!(Reminders::read("10 20 30 40 50 60"), Err(FieldError::TooMany { max: 5 }));
    }

    #[test]
    fn each_goes_before_the_next() {
        let all = Reminders::new(vec![Minutes(1440), Minutes(60)], vec![Minutes(30)]).unwrap();
        let next =
            |side| all.with_next(side).map(|(one, next)| (one.0, next.0)).collect::<Vec<_>>();
        assert_eq!(next(Side::Customer), [(60, 0), (1440, 60)]);
        assert_eq!(next(Side::Host), [(30, 0)]);
    }
}
