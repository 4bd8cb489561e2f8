//! `venvfix list-libs`: what the project's Nix file lists, and which of it wheels need.

use std::path::Path;

use anyhow::Result;

use super::{Context, nix_file};
use crate::cli::{ListFormat, ListLibs};
use crate::config::Config;
use crate::diagnose::Finding;
use crate::editing::NixFile;
use crate::error::Exit;
use crate::examine::{Reaching, Target, Tree, examine};
use crate::listing::{self, Listing, SCHEMA};
use crate::nixfile;
use crate::report;
use crate::survey::Extent;
use crate::venv::Venv;

pub(super) fn run(context: &Context, arguments: &ListLibs) -> Result<Exit> {
    let environment = &context.environment;
    let wish = arguments.place.wish();
    let (path, project) = nix_file::find(context, arguments.place.file.as_deref(), &wish)?;
    let file = NixFile::open(environment, &path, &project)?;
    let listed = nixfile::list_libraries_as(&file.text, &wish).map_err(|refusal| file.refused(&refusal))?;
    let config = match arguments.place.file {
        Some(_) => Config::of_project(&project),
        None => Config::load(environment),
    }?;
    let venv = match Venv::open(&config.venv) {
        Ok(venv) => Some(venv),
        Err(error) => {
            if config.venv.exists() {
                context.speaker.warn(format_args!("{error:#}"));
            }
            None
        }
    };
    let shown =
        |path: &Path| path.strip_prefix(&environment.current_dir).unwrap_or(path).display().to_string();
    let needs = venv.as_ref().map(needs);
    let listing = Listing {
        schema: SCHEMA,
        file: file.shown.clone(),
        venv: venv.as_ref().map(|venv| shown(&venv.shown)),
        elements: listing::elements(&listed, needs.as_deref()),
    };
    match arguments.format {
        ListFormat::Human => context.speaker.result(&report::listing(&listing))?,
        ListFormat::Json => context.speaker.raw(report::listing_json(&listing)?.as_bytes())?,
    }
    Ok(Exit::Fine)
}

/// What the venv's objects need from outside, whatever a shell offers.
pub(super) fn needs(venv: &Venv) -> Vec<Finding> {
    let interpreter = &venv.interpreter;
    let target = Target::AssumedNix(interpreter.object.machine, interpreter.minor_version());
    let tree = Tree {
        root: &venv.root,
        site_packages: &venv.site_packages,
        shown: &venv.shown,
        sources: Extent::All,
    };
    examine(&tree, &target, &Reaching::NOTHING, &[]).report.findings
}
