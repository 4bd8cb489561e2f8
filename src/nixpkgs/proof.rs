//! Which attributes a nixpkgs has, as Nix says: asked once for all names, and kept.
//!
//! Only `<nixpkgs>` is evaluated, without overlays and settings: the answer depends on it alone, so it
//! can be kept, and nothing of the project's is run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::Lookup;
use crate::config::Environment;
use crate::error::{Exit, exit_of};
use crate::exec::Task;
use crate::fsx;

/// All of nixpkgs' top level takes a second or two on a slow machine; longer, and nobody waits.
const DEADLINE: Duration = Duration::from_secs(8);

/// Of how many nixpkgs answers are kept.
const MOST_KEPT: usize = 8;

/// More than all attributes of the tables take.
const MAX_KEPT: u64 = 4 << 20;

/// `names` and the folder come as arguments: no text becomes code. What throws is not there: nixpkgs
/// says so of what it has removed.
const EXPRESSION: &str = r#"
{ nixpkgs, names }:
let
  pkgs = import nixpkgs { config = { }; overlays = [ ]; };
  step = found: name: if builtins.isAttrs found then found.${name} or null else null;
  path = name: builtins.filter builtins.isString (builtins.split "[.]" name);
  isPackage = value: builtins.isAttrs value && (value.type or null) == "derivation";
  has = name: let tried = builtins.tryEval (isPackage (builtins.foldl' step pkgs (path name))); in tried.success && tried.value;
in
builtins.map has (builtins.fromJSON names)
"#;

/// What Nix says of these attributes; nothing where it is not at hand, fails or takes too long.
pub(super) fn ask(
    environment: &Environment,
    lookup: &Lookup,
    project: Option<&Path>,
    attributes: &[&str],
) -> Result<BTreeMap<String, bool>> {
    let nothing = Ok(BTreeMap::new());
    let program = super::program(environment, project, "nix-instantiate");
    let (Some(program), Some(nixpkgs)) = (program, lookup.path.to_str()) else { return nothing };
    let names = serde_json::to_string(attributes)?;
    let ending = Task::new(program, Path::new("/"))
        .args(["--eval", "--strict", "--json", "--readonly-mode"])
        .args(["--option", "allow-import-from-derivation", "false"])
        .args(["--argstr", "nixpkgs", nixpkgs, "--argstr", "names", &names])
        .args(["--expr", EXPRESSION])
        .capture()
        .silent()
        .limit(DEADLINE)
        .run();
    let said = match ending {
        Ok(ending) if ending.success => ending.stdout,
        Err(error) if exit_of(&error) == Exit::Interrupted => return Err(error),
        _ => return nothing,
    };
    let answers: Vec<bool> = serde_json::from_str(&said).unwrap_or_default();
    if answers.len() != attributes.len() {
        return nothing;
    }
    Ok(attributes.iter().map(|&name| name.to_owned()).zip(answers).collect())
}

/// The file of kept answers.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Those of each nixpkgs, the latest last.
    nixpkgs: Vec<Answers>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    identity: String,
    attributes: BTreeMap<String, bool>,
}

/// What Nix has said before of this nixpkgs.
pub(super) fn recall(environment: &Environment, lookup: &Lookup) -> BTreeMap<String, bool> {
    let (Some(file), Some(identity)) = (file(environment), lookup.identity()) else {
        return BTreeMap::new();
    };
    let known = read(&file).nixpkgs.into_iter().find(|answers| answers.identity == identity);
    known.map(|answers| answers.attributes).unwrap_or_default()
}

/// Keeps what Nix has said. Best effort: it can be asked again.
pub(super) fn keep(environment: &Environment, lookup: &Lookup, known: &BTreeMap<String, bool>) {
    let (Some(file), Some(identity)) = (file(environment), lookup.identity()) else { return };
    let mut kept = read(&file);
    kept.nixpkgs.retain(|answers| answers.identity != identity);
    kept.nixpkgs.push(Answers { identity, attributes: known.clone() });
    let excess = kept.nixpkgs.len().saturating_sub(MOST_KEPT);
    kept.nixpkgs.drain(..excess);
    let Ok(text) = serde_json::to_vec(&kept) else { return };
    let made = file.parent().is_some_and(|folder| fs::create_dir_all(folder).is_ok());
    if made {
        let _ = fsx::write_own(&file, &text);
    }
}

/// What is damaged counts as nothing.
fn read(file: &Path) -> Kept {
    let bytes = fsx::read_bytes(file, MAX_KEPT).ok().flatten().unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn file(environment: &Environment) -> Option<PathBuf> {
    environment.cache.as_ref().map(|folder| folder.join("attributes.json"))
}
