//! Keeps a file that is about to be replaced, where nothing else does.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::error::{Exit, Trouble, exit_of};
use crate::exec::Task;
use crate::fsx;

/// git looks at one file.
const LIMIT: Duration = Duration::from_secs(20);

/// Files that people write.
const MAX_SIZE: u64 = 16 << 20;

/// More old files than anybody keeps.
const MOST: usize = 100;

/// Keeps the content of a file beside it, as `NAME.orig`, unless `git` says that it is committed as it is. Says where.
///
/// # Errors
/// If it cannot be read or written, or the user interrupts.
pub fn keep(file: &Path, git: Option<&Path>) -> Result<Option<PathBuf>> {
    if git.map_or(Ok(false), |git| is_committed(file, git))? {
        return Ok(None);
    }
    let Some(content) = fsx::read_bytes(file, MAX_SIZE)? else { return Ok(None) };
    let place = free_place(file)?;
    fsx::write_own(&place, &content)?;
    Ok(Some(place))
}

/// Whether git has just this content. What git cannot say is no.
fn is_committed(file: &Path, git: &Path) -> Result<bool> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return Ok(false) };
    let says = |arguments: &[&str]| {
        // The folder may be a stranger's: its settings may not name programs to start.
        let task =
            Task::new(git, folder).args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]);
        match task.args(arguments).args([name]).silent().limit(LIMIT).run() {
            Ok(ending) => Ok(ending.success),
            Err(error) if exit_of(&error) == Exit::Interrupted => Err(error),
            Err(_) => Ok(false),
        }
    };
    Ok(says(&["ls-files", "--error-unmatch", "--"])?
        && says(&["diff", "--quiet", "--no-ext-diff", "--no-textconv", "HEAD", "--"])?)
}

fn free_place(file: &Path) -> Result<PathBuf> {
    let name = file.file_name().unwrap_or_default();
    let place = |number: usize| {
        let mut name = name.to_owned();
        name.push(if number == 0 { ".orig".to_owned() } else { format!(".orig.{number}") });
        file.with_file_name(name)
    };
    let free = (0..MOST).map(place).find(|place| fs::symlink_metadata(place).is_err());
    free.ok_or_else(|| {
        Trouble::new(format!("there are too many old files beside {}", file.display()))
            .help(format!("remove those that you do not want: {}.*", place(0).display()))
            .into()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    #[test]
    fn a_place_that_is_taken_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shell.nix");
        std::fs::write(&file, "old").unwrap();
        let keep = || super::keep(&file, None).unwrap().unwrap();
        assert_eq!(keep(), folder.path().join("shell.nix.orig"));
        std::os::unix::fs::symlink("nowhere", folder.path().join("shell.nix.orig.1")).unwrap();
        assert_eq!(keep(), folder.path().join("shell.nix.orig.2"));
    }
}
