//! Texts with pieces of them cut out and replaced.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::{collection, sample};

/// One of `texts` with up to three short stretches replaced by one of `pieces` each.
pub fn mutated(texts: Vec<String>, pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let cut = (any::<Index>(), 0..12_usize, sample::select(pieces));
    (sample::select(texts), collection::vec(cut, 0..4)).prop_map(|(mut text, cuts)| {
        for (at, length, piece) in cuts {
            let mut from = at.index(text.len() + 1);
            while !text.is_char_boundary(from) {
                from -= 1;
            }
            let mut to = text.len().min(from + length);
            while !text.is_char_boundary(to) {
                to += 1;
            }
            text.replace_range(from..to, piece);
        }
        text
    })
}
