//! A venv that is not as it was made: its interpreter is another, its distributions are not whole. Pure.

use std::path::Path;

use super::finding::{Affected, Code, Finding, Remedy, Severity};
use crate::venv::health::Damaged;
use crate::venv::{Abi, Interpreter};

/// A distribution that is not whole. Code that is absent will be missed; a licence will not.
pub fn incomplete(damaged: &Damaged, reason: &str, remedy: Remedy) -> Finding {
    let severity = if damaged.fault.lacks_code() { Severity::Error } else { Severity::Warning };
    let affected =
        Affected { name: damaged.name.clone(), version: damaged.version.clone(), objects: Vec::new() };
    let plain = Finding::plain(Code::IncompleteInstall, severity, reason.to_owned(), remedy);
    Finding { distributions: vec![affected], ..plain }
}

/// An interpreter of another X.Y than the venv was made for, which sees none of its packages; or one that
/// lies elsewhere than the venv says.
pub fn stale(
    interpreter: &Interpreter,
    packages: &[Abi],
    exists: impl Fn(&Path) -> bool,
    remedy: Remedy,
) -> Option<Finding> {
    let real = interpreter.real.display();
    let (severity, detail) = match (interpreter.minor_version(), interpreter.real_version()) {
        (Some((major, minor)), Some(led)) if (major, minor) != led.version => {
            let blind = !packages.iter().any(|abi| abi.version == led.version);
            let severity = if blind { Severity::Error } else { Severity::Warning };
            (severity, format!("made for Python {major}.{minor}, and bin/python is {led}: {real}"))
        }
        _ => {
            let home = interpreter.home.as_deref().filter(|home| !exists(home))?;
            let home = home.display();
            (Severity::Warning, format!("made for the python in {home}, which is gone; bin/python is {real}"))
        }
    };
    Some(Finding::plain(Code::StaleInterpreter, severity, detail, remedy))
}

/// No interpreter at all, where `target` is what `bin/python` leads to.
pub fn without_interpreter(target: &Path, remedy: Remedy) -> Finding {
    let detail = format!("bin/python leads to {}, which is gone", target.display());
    Finding::plain(Code::StaleInterpreter, Severity::Error, detail, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf;
    use std::path::PathBuf;

    fn interpreter(said: &str, real: &str) -> Interpreter {
        let object = elf::read(&std::env::current_exe().unwrap()).unwrap();
        Interpreter {
            executable: "/v/bin/python".into(),
            real: real.into(),
            version: Some(said.into()),
            home: Some("/base/bin".into()),
            loader: PathBuf::new(),
            object,
        }
    }

    fn judge(said: &str, real: &str, packages: &[Abi], home: bool) -> Option<(Severity, String)> {
        let remedy = Remedy::None { reason: String::new() };
        let found = stale(&interpreter(said, real), packages, |_| home, remedy)?;
        Some((found.severity, found.detail.unwrap_or_default()))
    }

    #[test]
    fn another_version_is_an_error_where_its_packages_are_not_seen() {
        let of = |minor| Abi::of_version((3, minor));
        assert_eq!(judge("3.11.2", "/base/bin/python3.11", &[of(11)], true), None);
        assert_eq!(judge("3.11.2", "/base/bin/python3", &[of(11)], true), None);
        let (severity, detail) = judge("3.11.2", "/base/bin/python3.13", &[of(11)], true).unwrap();
        assert_eq!(severity, Severity::Error);
        assert_eq!(detail, "made for Python 3.11, and bin/python is 3.13: /base/bin/python3.13");
        let both = judge("3.11.2", "/base/bin/python3.13", &[of(11), of(13)], true).unwrap();
        assert_eq!(both.0, Severity::Warning);
        let (severity, detail) = judge("3.11.2", "/other/bin/python3.11", &[of(11)], false).unwrap();
        assert!(severity == Severity::Warning && detail.contains("/base/bin, which is gone"), "{detail}");
    }
}
