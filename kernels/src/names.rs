//! Texts of one buffer, each once: a number for every different text, in the order of their first appearance.
//!
//! Invariant: a text is where it stands in the buffer; nothing is copied. Whoever asks gives the same buffer, which may have
//! grown.

use crate::json::{Place, is_same, word};

const EMPTY: u32 = u32::MAX;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Positions in `known`, by open addressing; a power of two.
    slots: Vec<u32>,
    /// Each text with its hash.
    known: Vec<(u64, Place)>,
}

fn hash(text: &[u8]) -> u64 {
    let mut hash = text.len() as u64;
    let mut at = 0;
    while let Some(eight) = word(text, at) {
        hash = (hash.rotate_left(5) ^ eight).wrapping_mul(FACTOR);
        at += 8;
    }
    // The last eight may overlap those before; a shorter text is gone through byte by byte.
    let last = match text.last_chunk::<8>() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => text.iter().fold(0, |last, byte| (last << 8) | u64::from(*byte)),
    };
    hash = (hash.rotate_left(5) ^ last).wrapping_mul(FACTOR);
    hash ^ (hash >> 29)
}

impl Names {
    pub fn len(&self) -> usize {
        self.known.len()
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub fn clear(&mut self) {
        self.slots.clear();
        self.known.clear();
    }

    /// Where each text stands first.
    pub fn places(&self) -> impl ExactSizeIterator<Item = Place> + '_ {
        self.known.iter().map(|(_, place)| *place)
    }

    fn slot(&self, bytes: &[u8], hash: u64, text: &[u8]) -> (usize, u32) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = hash as usize & mask;
        loop {
            let at = self.slots.get(slot).copied().unwrap_or(EMPTY);
            if at == EMPTY {
                return (slot, EMPTY);
            }
            if let Some((known_hash, (from, to))) = self.known.get(at as usize)
                && *known_hash == hash
                && bytes.get(*from..*to).is_some_and(|known| is_same(known, text))
            {
                return (slot, at);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The number of the text that stands there.
    pub fn number(&mut self, bytes: &[u8], place: Place) -> u32 {
        if self.known.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let text = bytes.get(place.0..place.1).unwrap_or_default();
        let hash = hash(text);
        let (slot, known) = self.slot(bytes, hash, text);
        if known != EMPTY {
            return known;
        }
        let number = self.known.len() as u32;
        self.known.push((hash, place));
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = number;
        }
        number
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        self.slots.clear();
        self.slots.resize(size, EMPTY);
        for (number, (hash, _)) in (0_u32..).zip(&self.known) {
            let mut slot = *hash as usize & (size - 1);
            while self.slots.get(slot).is_some_and(|at| *at != EMPTY) {
                slot = (slot + 1) & (size - 1);
            }
            if let Some(slot) = self.slots.get_mut(slot) {
                *slot = number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_equal_numbers() {
        let words: Vec<String> = (0..500).map(|n| format!("operation {n}")).collect();
        let text = words.join("|") + "|" + &words.join("|") + "||";
        let mut names = Names::default();
        let mut numbers = Vec::new();
        let mut from = 0;
        for word in text.split('|') {
            numbers.push(names.number(text.as_bytes(), (from, from + word.len())));
            from += word.len() + 1;
        }
        let once: Vec<u32> = (0..500).collect();
        assert_eq!(numbers, [once.clone(), once, vec![500, 500]].concat());
        assert_eq!((names.len(), names.places().nth(1)), (501, Some((12, 23))));
        names.clear();
        assert!(names.is_empty());
        assert_eq!(names.number(b"x", (5, 9)), 0);
    }
}
