//! A change of a text file, as lines.

use similar::TextDiff;

use super::sanitize;

/// The difference between two texts of a file, as `diff -u` shows it. The file's own text may hold what steers a
/// terminal.
pub fn diff(shown: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let text = diff.unified_diff().header(shown, shown).to_string();
    text.lines().map(|line| format!("{}\n", sanitize(line))).collect()
}
