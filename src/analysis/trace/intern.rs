//! Numbers for texts and for pairs of numbers, so that spans are grouped and compared by number.
//!
//! Numbers count up from 0 in the order in which things are first seen: what is made from them depends on the spans
//! alone.

use std::{collections::BTreeMap, sync::Arc};

/// Texts, each once.
#[derive(Debug, Clone, Default)]
pub struct Names {
    numbers: BTreeMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Names {
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let number = self.texts.len() as u32;
        let text: Arc<str> = Arc::from(text);
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    pub fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    pub fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    pub fn shared(&self, number: u32) -> Arc<str> {
        self.texts.get(number as usize).cloned().unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

const FREE: u32 = u32::MAX;

/// Pairs of numbers, each once, by open addressing: there may be as many as there are spans.
#[derive(Debug, Clone, Default)]
pub struct Pairs {
    slots: Vec<u32>,
    pairs: Vec<(u32, u32)>,
}

impl Pairs {
    pub fn number(&mut self, pair: (u32, u32)) -> u32 {
        if (self.pairs.len() + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let (slot, known) = self.slot(pair);
        known.unwrap_or_else(|| {
            let number = self.pairs.len() as u32;
            self.pairs.push(pair);
            super::set(&mut self.slots, slot, number);
            number
        })
    }

    pub fn find(&self, pair: (u32, u32)) -> Option<u32> {
        if self.slots.is_empty() { None } else { self.slot(pair).1 }
    }

    pub fn pair(&self, number: u32) -> (u32, u32) {
        self.pairs.get(number as usize).copied().unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        self.slots = vec![FREE; size];
        for number in 0..self.pairs.len() {
            let (slot, _) = self.slot(self.pair(number as u32));
            super::set(&mut self.slots, slot, number as u32);
        }
    }

    /// At most half of the slots are taken, so a free one is always found.
    fn slot(&self, pair: (u32, u32)) -> (usize, Option<u32>) {
        let key = (u64::from(pair.0) << 32) | u64::from(pair.1);
        // SplitMix64's finaliser: keys count upwards in both halves.
        let mixed = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = (mixed >> 20) as usize & mask;
        loop {
            let number = self.slots.get(slot).copied().unwrap_or(FREE);
            if number == FREE {
                return (slot, None);
            }
            if self.pair(number) == pair {
                return (slot, Some(number));
            }
            slot = (slot + 1) & mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_number() {
        let mut names = Names::default();
        assert_eq!([names.number("b"), names.number("a"), names.number("b")], [0, 1, 0]);
        assert_eq!((names.text(1), names.text(7), names.find("c"), names.len()), ("a", "", None, 2));
        let mut pairs = Pairs::default();
        assert_eq!(pairs.find((1, 2)), None);
        for round in 0..2 {
            for number in 0..10_000_u32 {
                assert_eq!(pairs.number((number / 100, number % 100)), number, "round {round}");
            }
        }
        assert_eq!(
            (pairs.len(), pairs.pair(201), pairs.find((2, 1)), pairs.find((500, 1))),
            (10_000, (2, 1), Some(201), None)
        );
    }
}
