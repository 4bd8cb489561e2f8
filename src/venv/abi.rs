//! Which extension modules a CPython imports, by how their names end: PEP 3149 and PEP 384, and PEP 703
//! for builds without the GIL.

/// What of a CPython its extension modules are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abi {
    /// X and Y of Python X.Y.
    pub version: (u32, u32),
    /// Built without the GIL: `python3.13t`.
    pub free_threaded: bool,
}

impl Abi {
    /// That of the usual build of this X.Y.
    pub fn of_version(version: (u32, u32)) -> Self {
        Self { version, free_threaded: false }
    }

    /// From the name of an interpreter or of the folder that holds its packages: `python3.13t`.
    pub fn of_name(name: &str) -> Option<Self> {
        let version = name.strip_prefix("python")?;
        let free_threaded = version.ends_with('t');
        let (major, minor) = version.trim_end_matches('t').split_once('.')?;
        Some(Self { version: (major.parse().ok()?, minor.parse().ok()?), free_threaded })
    }

    /// From what stands behind `cpython-` in a module's name: `313t`. That of a debug build imports what the
    /// usual one does.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let digits = tag.trim_end_matches(['d', 't']);
        let (major, minor) = digits.split_at_checked(1)?;
        let version = (major.parse().ok()?, minor.parse().ok()?);
        Some(Self { version, free_threaded: tag[digits.len()..].contains('t') })
    }
}

impl std::fmt::Display for Abi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (major, minor) = self.version;
        write!(f, "{major}.{minor}{}", if self.free_threaded { "t" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_tags_say_the_same() {
        let wanted = |minor, free_threaded| Some(Abi { version: (3, minor), free_threaded });
        for (name, tag, abi) in
            [("python3.9", "39", wanted(9, false)), ("python3.13t", "313t", wanted(13, true))]
        {
            assert_eq!((Abi::of_name(name), Abi::of_tag(tag)), (abi, abi));
        }
        assert_eq!(Abi::of_tag("311d"), wanted(11, false));
        for odd in ["", "3", "x", "ü1", "3x", "99999999999999"] {
            assert_eq!((Abi::of_tag(odd), Abi::of_name(odd)), (None, None), "{odd}");
        }
        for odd in ["python", "python3", "python3.x", "pypy3.10", "python3."] {
            assert_eq!(Abi::of_name(odd), None, "{odd}");
        }
    }
}
