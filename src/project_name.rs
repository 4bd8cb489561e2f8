//! Names of projects on PyPI.

/// The normalised form (PEP 503): runs of `-`, `_` and `.` are one `-`, and case does not count.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for part in name.trim().split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(&part.to_lowercase());
    }
    out
}

/// Whether this is a name at all (PEP 508): what is not comes from a damaged or hostile METADATA,
/// and may not be told to anybody as part of a command.
pub fn is_valid(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.len() <= 200 && edge(name.chars().next()) && edge(name.chars().last()) && name.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_told_apart() {
        for good in ["a", "Flask", "ruamel.yaml_clib", "7zip-x"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", "-x", "x-", "$(touch x)", "a b", "a\u{1b}", &"a".repeat(201)] {
            assert!(!is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_normalised() {
        for (text, wanted) in
            [("Flask", "flask"), ("ruamel.yaml_clib", "ruamel-yaml-clib"), ("a--_.b", "a-b")]
        {
            assert_eq!(normalize(text), wanted);
        }
    }
}
