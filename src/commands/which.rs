//! `venvfix which`: names of any kind to attributes.

use anyhow::Result;

use super::Context;
use crate::catalog::{is_attribute, is_soname};
use crate::cli::{Which, WhichFormat};
use crate::config::{self, Config};
use crate::error::Exit;
use crate::nixpkgs::{Nixpkgs, locate};
use crate::report;
use crate::which::{Answer, answers, in_nixpkgs, located};

pub(super) fn run(context: &Context, arguments: &Which) -> Result<Exit> {
    let environment = &context.environment;
    let project = config::find_project(environment);
    // Settings that are wrong are no reason not to answer.
    let nix_file = Config::load(environment).ok().map(|config| config.nix_file);
    let mut nixpkgs = Nixpkgs::find(environment, project.as_deref(), nix_file.as_deref());
    if let Some(release) = nixpkgs.release() {
        context.speaker.detail(format_args!("the release of nixpkgs in use is {release}"));
    }
    let linked = arguments.linked.iter().map(|name| format!("-l{name}"));
    let names: Vec<String> = arguments.names.iter().cloned().chain(linked).collect();
    let found = find(context, &mut nixpkgs, &names)?;
    match arguments.format {
        WhichFormat::Human => context.speaker.result(&report::which(&found))?,
        WhichFormat::Json => context.speaker.raw(report::which_json(&found)?.as_bytes())?,
    }
    let all = found.iter().all(|answer| answer.attribute.is_some());
    Ok(if all { Exit::Fine } else { Exit::ErrorsFound })
}

/// The answers of the tables, then those of nix-locate where they have none; and what Nix has to say to them.
fn find(context: &Context, nixpkgs: &mut Nixpkgs, names: &[String]) -> Result<Vec<Answer>> {
    let environment = &context.environment;
    let mut found: Vec<Answer> = names.iter().flat_map(|name| answers(name, nixpkgs.release())).collect();
    if !context.offline {
        for answer in found.iter_mut().filter(|answer| answer.kind.is_none() && is_soname(&answer.query)) {
            let packages = locate(environment, nixpkgs.project(), &answer.query)?;
            if let Some(better) = located(&answer.query, &packages) {
                *answer = better;
            }
        }
        // nixpkgs has a hundred times what the tables hold.
        let words = found.iter().filter(|answer| may_be_attribute(answer)).map(|answer| &*answer.query);
        let paths: Vec<&str> = found.iter().flat_map(Answer::paths).chain(words).collect();
        nixpkgs.ask(environment, paths)?;
    }
    let settled = found.into_iter().map(|answer| {
        if may_be_attribute(&answer) && nixpkgs.has(&answer.query) == Some(true) {
            return in_nixpkgs(&answer.query);
        }
        answer.proven(|library| nixpkgs.settle(library), |library| nixpkgs.lacks(library))
    });
    Ok(settled.collect())
}

fn may_be_attribute(answer: &Answer) -> bool {
    answer.kind.is_none() && is_attribute(&answer.query) && !is_soname(&answer.query)
}
