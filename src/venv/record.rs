//! RECORD, the list of an installed distribution's files: CSV of path, hash and size, as the "Recording
//! installed projects" specification has it.

use memchr::{memchr, memchr2, memchr3};

/// Far beyond the largest seen: 13,000 files take 1.5 MB.
pub const MAX_RECORD: u64 = 8 << 20;

/// Of a distribution, where all of a large venv have 65,000 files.
const MAX_ROWS: usize = 1 << 16;
/// PATH_MAX: no file has a longer path.
const MAX_PATH: usize = 4096;

/// Shows `see` the path and the size of each row, as far as there may be such a file. Says whether it
/// came to the end: not with an absurd number of rows.
pub fn each_row(text: &[u8], mut see: impl FnMut(&[u8], &[u8])) -> bool {
    let mut rows = 0;
    each_line(text, |path, size| {
        rows += 1;
        if rows <= MAX_ROWS && path.len() <= MAX_PATH {
            see(path, size);
        }
        rows <= MAX_ROWS
    });
    rows <= MAX_ROWS
}

/// As long as `see` wants more. Hardly any file has a quote in it: the others need no more than the
/// places of commas and line ends.
fn each_line(text: &[u8], mut see: impl FnMut(&[u8], &[u8]) -> bool) {
    if memchr(b'"', text).is_some() {
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let mut rows = reader.into_byte_records().map_while(Result::ok);
        let _ended = rows.any(|row| !see(&row[0], row.get(2).unwrap_or_default()));
        return;
    }
    let mut rest = text;
    while let Some(&first) = rest.first() {
        if matches!(first, b'\n' | b'\r') {
            rest = &rest[1..];
            continue;
        }
        let path_end = memchr3(b',', b'\n', b'\r', rest).unwrap_or(rest.len());
        let (path, others) = rest.split_at(path_end);
        let line_end = memchr2(b'\n', b'\r', others).unwrap_or(others.len());
        let (fields, after) = others.split_at(line_end);
        if !see(path, fields.split(|&byte| byte == b',').nth(2).unwrap_or_default()) {
            return;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found = Vec::new();
        each_row(text, |path, size| found.push((path.to_owned(), size.to_owned())));
        found
    }

    #[test]
    fn rows_are_read_with_and_without_quotes() {
        let wanted = [("a.py", "12"), ("b", ""), ("c,\"d", "3")].map(|(a, b)| (a.into(), b.into()));
        assert_eq!(rows(b"a.py,sha256=x,12\r\nb,,\r\n\"c,\"\"d\",,3\r\n"), wanted);
        assert_eq!(rows(b"a.py,sha256=x,12\n\n\nb"), wanted[..2]);
    }

    #[test]
    fn absurd_rows_are_not_shown() {
        let long = "a/".repeat(MAX_PATH);
        let text = format!("{long},,\nb,,\n\"{long}\",,\n");
        assert_eq!(rows(text.as_bytes()), [(b"b".to_vec(), Vec::new())]);
        for row in ["a,,\n", "\"a\",,\n"] {
            let (mut seen, text) = (0, row.repeat(MAX_ROWS + 5));
            assert!(!each_row(text.as_bytes(), |_, _| seen += 1));
            assert_eq!(seen, MAX_ROWS);
        }
    }

    proptest! {
        #[test]
        fn the_scan_reads_what_a_csv_reader_reads(text in "[ab,\r\n]{0,40}") {
            let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let by_csv = reader.into_byte_records().map_while(Result::ok);
            let by_csv: Vec<_> =
                by_csv.map(|row| (row[0].to_owned(), row.get(2).unwrap_or_default().to_owned())).collect();
            prop_assert_eq!(rows(text.as_bytes()), by_csv);
        }
    }
}
