//! Libraries are added to any text, and nothing else is changed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use venvfix::nixfile::{Library, add_libraries};

fuzz_target!(|text: &str| {
    let libraries = [Library::new("zlib"), Library::with_older("libx11", &["xorg.libX11"])];
    let Ok(edit) = add_libraries(text, &libraries) else { return };
    let mut rest = edit.text.chars();
    assert!(text.chars().all(|wanted| rest.any(|found| found == wanted)), "more than added to");
    let again = add_libraries(&edit.text, &libraries).expect("what was written is not understood");
    assert_eq!(again.text, edit.text, "added twice");
});
