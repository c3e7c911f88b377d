//! Draws for a run that can be repeated.

use roomkey_core::random;

use crate::world::Dice;

pub(crate) struct Chance(Dice);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Dice::new(seed))
    }

    /// From `from` to `to`, both included.
    pub(crate) fn range(&mut self, from: i64, to: i64) -> i64 {
        let drawn = u64::from_le_bytes(random::bytes(&self.0));
        let width = u64::try_from(to - from + 1).unwrap();
        from + i64::try_from(drawn % width).unwrap()
    }

    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.range(0, i64::try_from(length).unwrap() - 1)).unwrap()
    }

    pub(crate) fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// True `times` of a hundred.
    pub(crate) fn percent(&mut self, times: i64) -> bool {
        self.range(1, 100) <= times
    }
}
