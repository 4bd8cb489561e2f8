//! Makes offered libraries visible to the venv's Python: a small module, the `.pth` file that
//! imports it, and the map from SONAME to path that it reads when an import fails.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result};

use crate::fsx;
use crate::offer::Libraries;

const MODULE: (&str, &str) = ("_venvfix.py", include_str!("../../hooks/_venvfix.py"));
const START: (&str, &str) = ("000_venvfix.pth", include_str!("../../hooks/000_venvfix.pth"));
const DATA: &str = "_venvfix.libraries";

/// Writes the provider into a site-packages directory. Says whether anything changed.
///
/// # Errors
/// If a file cannot be written.
pub fn install(site_packages: &Path, libraries: &Libraries) -> Result<bool> {
    // The map first and the .pth last: whatever interrupts, what starts finds what it needs.
    let mut changed = fsx::replace_if_changed(&site_packages.join(DATA), render(libraries).as_bytes())?;
    for (name, text) in [MODULE, START] {
        changed |= fsx::replace_if_changed(&site_packages.join(name), text.as_bytes())?;
    }
    Ok(changed)
}

/// Takes the provider out of a site-packages directory.
///
/// # Errors
/// If a file that is there cannot be removed.
pub fn remove(site_packages: &Path) -> Result<()> {
    for name in [START.0, MODULE.0, DATA] {
        let path = site_packages.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not remove {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the provider is in a site-packages directory, as this program would write it.
pub fn is_installed(site_packages: &Path) -> bool {
    let same = |(name, text): (&str, &str)| {
        fs::read(site_packages.join(name)).is_ok_and(|old| old == text.as_bytes())
    };
    same(MODULE) && same(START) && site_packages.join(DATA).exists()
}

/// Whether anything of a provider is in a site-packages directory.
pub fn is_present(site_packages: &Path) -> bool {
    site_packages.join(START.0).exists()
}

/// The libraries that the provider in a site-packages directory knows.
pub fn installed_libraries(site_packages: &Path) -> Libraries {
    let text = fsx::read_text(&site_packages.join(DATA), 16 << 20).ok().flatten().unwrap_or_default();
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    rows.map(|(name, path)| (name.to_owned(), path.into())).collect()
}

/// One `soname<TAB>path` a line. A name or path that would break a line is not offered.
fn render(libraries: &Libraries) -> String {
    let mut text = String::new();
    for (name, path) in libraries {
        let Some(path) = path.to_str() else { continue };
        if name.contains(['\t', '\n', '\r']) || path.contains(['\t', '\n', '\r']) {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}\t{path}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_is_read_back_without_names_that_break_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let row = |name: &str, path: &str| (name.to_owned(), path.into());
        let libraries: Libraries =
            [row("libz.so.1", "/nix/store/z/lib/libz.so.1"), row("evil\n.so", "/x"), row("a.so", "/b\tc")]
                .into();
        assert!(install(folder.path(), &libraries).unwrap());
        assert!(!install(folder.path(), &libraries).unwrap());
        assert!(is_installed(folder.path()));
        assert_eq!(installed_libraries(folder.path()).len(), 1);
        remove(folder.path()).unwrap();
        remove(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
