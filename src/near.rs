//! Names that look alike, for "did you mean".

/// How many names are worth reading.
const MOST: usize = 5;

/// The names nearest to `name`, nearest first, and none that a slip of the pen does not explain.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = fold(name);
    // One slip in four letters: "libqt5" should not offer "libzip".
    let limit = ((wanted.len() + 1) / 4).min(4);
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(wanted.len()) <= limit)
        .filter_map(|candidate| Some((distance(&wanted, &fold(candidate), limit)?, candidate)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(MOST).map(|(_, candidate)| candidate).collect()
}

/// Case is the commonest slip (libx11, libX11), and costs nothing.
fn fold(name: &str) -> Vec<u8> {
    name.bytes().map(|b| b.to_ascii_lowercase()).collect()
}

/// Levenshtein's distance, if it is at most `limit`.
fn distance(a: &[u8], b: &[u8], limit: usize) -> Option<usize> {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
        if row.iter().all(|&cost| cost > limit) {
            return None;
        }
    }
    row.last().copied().filter(|&cost| cost <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["ignore", "venv-dir", "libX11.so.6"];
        assert_eq!(nearest("venv_dir", known), ["venv-dir"]);
        assert_eq!(nearest("libx11.so.6", known), ["libX11.so.6"]);
        assert!(nearest("zzz", known).is_empty());
    }
}
