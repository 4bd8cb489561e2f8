//! Which Pythons fit what a project says (PEP 440, 621; poetry's `^`). Asked of 3.Y alone: patch releases come and go.

/// Whether some 3.`minor` fits a list of version specifiers. What is not understood forbids nothing.
pub(super) fn fits(specifiers: &str, minor: u8) -> bool {
    specifiers.split("||").any(|all| all.split(',').all(|one| fits_one(one.trim(), minor)))
}

fn fits_one(specifier: &str, minor: u8) -> bool {
    const OPERATORS: [&str; 9] = ["~=", "==", "!=", ">=", "<=", ">", "<", "^", "~"];
    let operator = OPERATORS.iter().find(|operator| specifier.starts_with(**operator)).copied().unwrap_or("");
    let version = specifier[operator.len()..].trim();
    let Some(wanted) = Wanted::read(version) else { return true };
    let here = (3, minor);
    let that = (wanted.major, wanted.minor.unwrap_or(0));
    match operator {
        // Of 3.12 some release is at least 3.12.4, and none below 3.12.
        ">=" => here >= that,
        ">" => {
            if wanted.is_exact() {
                here >= that
            } else {
                here >= that && wanted.minor.is_some() || here.0 > that.0
            }
        }
        "<=" => here < that || here == that && wanted.is_exact(),
        "<" => here < that || here == that && wanted.patch.is_some_and(|patch| patch > 0),
        "!=" => !(wanted.is_wild && here == that && wanted.minor.is_some()),
        "~=" | "~" if wanted.is_exact() || operator == "~" => {
            here == that || wanted.minor.is_none() && here.0 == that.0
        }
        "~=" | "^" => here >= that && here.0 == wanted.major,
        _ => here.0 == wanted.major && wanted.minor.is_none_or(|wanted| wanted == minor),
    }
}

struct Wanted {
    major: u8,
    minor: Option<u8>,
    patch: Option<u32>,
    /// `3.12.*`
    is_wild: bool,
}

impl Wanted {
    fn read(version: &str) -> Option<Wanted> {
        let mut parts = version.split('.');
        let number = |part: Option<&str>| part.map(str::parse::<u8>).and_then(Result::ok);
        let major = number(parts.next())?;
        let (minor, patch) = (parts.next(), parts.next());
        let is_wild = version.ends_with(".*");
        Some(Wanted {
            major,
            minor: number(minor),
            patch: patch.and_then(|patch| patch.parse().ok()),
            is_wild,
        })
    }

    fn is_exact(&self) -> bool {
        self.patch.is_some()
    }
}

/// The `Y` of `3.Y`, as people and pyenv write it: `3.12`, `3.12.4`, `cpython-3.12`.
pub(super) fn minor_of(text: &str) -> Option<u8> {
    let text = text.trim();
    let version = text.strip_prefix("cpython-").or_else(|| text.strip_prefix("python")).unwrap_or(text);
    let mut parts = version.split(['.', '-', '+']);
    match (parts.next(), parts.next()) {
        (Some("3"), Some(minor)) => minor.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_are_asked_of_minor_versions() {
        let cases: [(&str, &[u8]); 19] = [
            ("", &[9, 10, 11, 12, 13]),
            (">=3.11", &[11, 12, 13]),
            (">=3.10,<3.13", &[10, 11, 12]),
            (">=3.10, <3.12.3", &[10, 11, 12]),
            ("<3.12.0", &[9, 10, 11]),
            ("<=3.11", &[9, 10]),
            ("<=3.11.9", &[9, 10, 11]),
            (">3.11", &[11, 12, 13]),
            ("<4", &[9, 10, 11, 12, 13]),
            ("==3.12.*", &[12]),
            ("==3.12", &[12]),
            ("==3.12.4", &[12]),
            ("==3.*", &[9, 10, 11, 12, 13]),
            ("!=3.10.*,>=3.9", &[9, 11, 12, 13]),
            ("!=3.10.1", &[9, 10, 11, 12, 13]),
            ("~=3.11", &[11, 12, 13]),
            ("~=3.11.2", &[11]),
            ("^3.11 || 3.9.*", &[9, 11, 12, 13]),
            ("~3.11", &[11]),
        ];
        for (specifiers, wanted) in cases {
            let found: Vec<u8> = (9..=13).filter(|minor| fits(specifiers, *minor)).collect();
            assert_eq!(found, wanted, "{specifiers}");
        }
        assert!(!fits(">=4", 13) && !fits("<3", 9) && fits("nonsense", 9) && !fits("2.7.*", 9));
    }

    #[test]
    fn a_version_may_be_written_in_several_ways() {
        for (text, wanted) in [
            ("3.12\n", Some(12)),
            ("3.9.18", Some(9)),
            ("cpython-3.13", Some(13)),
            ("python3.11", Some(11)),
            ("pypy3.10", None),
            ("2.7", None),
            ("3", None),
            ("", None),
        ] {
            assert_eq!(minor_of(text), wanted, "{text}");
        }
    }
}
