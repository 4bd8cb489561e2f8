//! Nix files with faults: bytes and tokens of the cases cut, doubled, moved and put in from one another. No panic, and
//! whatever is edited keeps what edits promise.
//!
//! The same faults each time; `VENVFIX_MUTATIONS` sets how many, `VENVFIX_SEED` makes others.

use std::panic::{AssertUnwindSafe, catch_unwind};

use venvfix::nixfile::{Library, add_libraries, list_libraries, remove_libraries};

use super::nixfile::{PIECES, cases_in, is_subsequence};
use super::nixfile_remove::undoes;
use super::support::mutation::Random;

/// Some seconds' worth.
const MUTATIONS: u64 = 20_000;

#[test]
fn damaged_files_are_edited_rightly_or_refused() {
    let setting = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (rounds, seed) =
        (setting("VENVFIX_MUTATIONS").unwrap_or(MUTATIONS), setting("VENVFIX_SEED").unwrap_or(0));
    let read = |case: std::path::PathBuf| std::fs::read_to_string(case.join("in.nix")).unwrap();
    let sources: Vec<String> = cases_in("tests/nixfile").into_iter().map(read).collect();
    let mut edited = 0;
    for round in 0..rounds {
        let mut random = Random::new(seed, round);
        let text = mutated(&sources, &mut random);
        let checked = catch_unwind(AssertUnwindSafe(|| check(&text)));
        match checked {
            Ok(Ok(was_edited)) => edited += u64::from(was_edited),
            Ok(Err(what)) => panic!("round {round}, VENVFIX_SEED={seed}: {what}"),
            Err(_) => panic!("round {round}, VENVFIX_SEED={seed}: a panic, of\n{text}"),
        }
    }
    assert!(edited > rounds / 4, "only {edited} of {rounds} could be edited");
}

fn check(text: &str) -> Result<bool, String> {
    let libraries = [
        Library::new("zlib"),
        Library::new("stdenv.cc.cc.lib"),
        Library::with_older("libx11", &["xorg.libX11"]),
    ];
    let _ = list_libraries(text);
    removes_only_what_is_asked(text, &libraries)?;
    let Ok(edit) = add_libraries(text, &libraries) else { return Ok(false) };
    if !is_subsequence(text, &edit.text) {
        return Err(format!("more than inserted in\n{text}\ngave\n{}", edit.text));
    }
    let again =
        add_libraries(&edit.text, &libraries).map_err(|refusal| format!("{refusal}\n{}", edit.text))?;
    if again.text != edit.text {
        return Err(format!("added twice\n{}", again.text));
    }
    undoes(text, &libraries).map(|()| true)
}

fn removes_only_what_is_asked(text: &str, libraries: &[Library]) -> Result<(), String> {
    let Ok(removal) = remove_libraries(text, libraries) else { return Ok(()) };
    if !is_subsequence(&removal.text, text) || removal.removed.is_empty() != (removal.text == text) {
        return Err(format!("more than cut from\n{text}\ngave\n{}", removal.text));
    }
    match remove_libraries(&removal.text, libraries) {
        Ok(again) if !again.removed.is_empty() => Err(format!("not all removed from\n{text}")),
        _ => Ok(()),
    }
}

fn mutated(sources: &[String], random: &mut Random) -> String {
    let mut text = random.one_of(sources).clone();
    for _ in 0..random.below(4) {
        let piece = match random.below(4) {
            0 => String::new(),
            1 => {
                let other: &String = random.one_of(sources);
                slice(other, 40, random).to_owned()
            }
            2 => slice(&text, 12, random).to_owned(),
            _ => (*random.one_of(PIECES)).to_owned(),
        };
        let gone = slice(&text, 8, random);
        let from = gone.as_ptr() as usize - text.as_ptr() as usize;
        text.replace_range(from..from + gone.len(), &piece);
    }
    match random.below(8) {
        0 => text.replace('\n', "\r\n"),
        1 => text.replace("  ", "\t"),
        2 => text.trim_end().to_owned(),
        _ => text,
    }
}

/// A piece of a text, of at most so many bytes and a few more.
fn slice<'a>(text: &'a str, most: usize, random: &mut Random) -> &'a str {
    let (mut from, length) = (random.below(text.len() + 1), random.below(most));
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let mut to = text.len().min(from + length);
    while !text.is_char_boundary(to) {
        to += 1;
    }
    &text[from..to]
}
