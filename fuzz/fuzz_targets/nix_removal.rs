//! Libraries are taken out of any text, nothing else is, and what was added goes without a trace.
#![no_main]

use libfuzzer_sys::fuzz_target;
use venvfix::nixfile::{Library, add_libraries, list_libraries, remove_libraries};

fuzz_target!(|text: &str| {
    let _ = list_libraries(text);
    let libraries = [Library::new("zlib"), Library::with_older("libx11", &["xorg.libX11"])];
    let Ok(removal) = remove_libraries(text, &libraries) else { return };
    let mut whole = text.chars();
    assert!(removal.text.chars().all(|wanted| whole.any(|found| found == wanted)), "more than cut");
    assert_eq!(removal.removed.is_empty(), removal.text == text);
    if !removal.removed.is_empty() {
        return;
    }
    let Ok(edit) = add_libraries(text, &libraries) else { return };
    let back = remove_libraries(&edit.text, &libraries).expect("what was written is not understood");
    let plain = |text: &str| text.replace("[ ]", "[]");
    assert!(!back.unused_arguments.is_empty() || plain(&back.text) == plain(text), "not undone");
});
