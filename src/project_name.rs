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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (text, wanted) in
            [("Flask", "flask"), ("ruamel.yaml_clib", "ruamel-yaml-clib"), ("a--_.b", "a-b")]
        {
            assert_eq!(normalize(text), wanted);
        }
    }
}
