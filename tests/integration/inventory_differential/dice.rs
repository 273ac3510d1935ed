//! Choices that a seed decides, the same on every machine.

use std::ops::RangeInclusive;

/// A stream of choices (`SplitMix64`).
pub(super) struct Dice(u64);

impl Dice {
    /// The stream of `seed` for the case of this number.
    pub(super) fn new(seed: u64, case: usize) -> Self {
        let mut dice = Self(seed);
        dice.0 = dice.next() ^ (case as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("less than a usize")
    }

    /// A number of the range.
    pub(super) fn within(&mut self, range: RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// True in so many of a hundred cases.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the list.
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// So many different ones of the list, or all, in a random order.
    pub(super) fn some<T: Copy>(&mut self, list: &[T], count: usize) -> Vec<T> {
        let mut rest = list.to_vec();
        let mut chosen = Vec::new();
        while chosen.len() < count && !rest.is_empty() {
            let at = self.below(rest.len());
            chosen.push(rest.swap_remove(at));
        }
        chosen
    }
}
