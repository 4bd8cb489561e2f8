//! `venvfix doctor --fix`: adds what is sure to cure the findings.

use anyhow::Result;

use super::{Context, add_lib, names, nix_file};
use crate::config::{Config, Environment};
use crate::diagnose::{Report, Severity, cure};
use crate::editing::NixFile;
use crate::error::{Exit, Trouble};
use crate::nixfile::{self, Library, Refusal, Wish};
use crate::nixpkgs::Nixpkgs;
use crate::refresh::Refresh;
use crate::report;
use crate::venv::Venv;

/// Cures what the report says of a venv; `look` examines it again, with what a shell says.
pub(super) fn run(
    context: &Context,
    dry_run: bool,
    (venv, config): (&Venv, &Config),
    report: &Report,
    look: impl Fn(&Environment) -> Report,
) -> Result<Exit> {
    let cure = cure(report);
    context.speaker.block(&report::not_done(&cure.rest));
    if cure.attributes.is_empty() {
        context.speaker.step(format_args!("there is nothing to add to {}", shown(context, config)));
        return Ok(super::doctor::exit(report));
    }
    let path = nix_file::of_project(context, config, &Wish::default());
    let file = NixFile::open(&context.environment, &path, &config.project)?;
    let mut nixpkgs = Nixpkgs::find(&context.environment, Some(&config.project), Some(&path));
    let attributes: Vec<String> = cure.attributes.iter().map(|&attribute| attribute.to_owned()).collect();
    let libraries = names::to_add(context, &attributes, &mut nixpkgs)?;
    let edit = nixfile::add_libraries(&file.text, &libraries).map_err(|refusal| match refusal {
        Refusal::Ambiguous { .. } => Trouble::new(format!("{}: {refusal}", file.shown))
            .help(format!("venvfix add-lib {} --shell NAME, or --at LINE", attributes.join(" ")))
            .into(),
        other => file.refused(&other),
    })?;
    add_lib::tell_present(context, &file, &edit);
    if !edit.added.is_empty() {
        add_lib::check(context, &file, &edit)?;
        context.speaker.result(&file.difference(&edit.text))?;
    }
    if dry_run {
        return Ok(super::doctor::exit(report));
    }
    if !edit.added.is_empty() {
        file.replace(&edit.text)?;
        add_lib::tell(context, &file, &edit);
    }
    match refreshed(context, (venv, config), &libraries)? {
        Some(environment) => {
            let now = look(&environment);
            context.speaker.step(format_args!(
                "the Python of this shell has it now; {}",
                report::left(now.counts.errors)
            ));
            context.speaker.next("enter the shell again for its other programs");
            Ok(super::doctor::exit(&now))
        }
        None => {
            context.speaker.next("leave the shell and enter it again");
            let is_left = cure.rest.iter().any(|finding| finding.severity == Severity::Error);
            Ok(if is_left { Exit::ErrorsFound } else { Exit::Fine })
        }
    }
}

/// The environment as it would be in a shell entered now, if that reaches Python already.
fn refreshed(
    context: &Context,
    (venv, config): (&Venv, &Config),
    libraries: &[Library],
) -> Result<Option<Environment>> {
    if context.offline {
        return Ok(None);
    }
    let environment = &context.environment;
    let refresh = Refresh { environment, config, venv, speaker: context.speaker };
    let shell = refresh.carry_out(libraries.len())?;
    Ok(shell.map(|shell| Environment { shell, ..environment.clone() }))
}

fn shown(context: &Context, config: &Config) -> String {
    let path = &config.nix_file;
    path.strip_prefix(&context.environment.current_dir).unwrap_or(path).display().to_string()
}
