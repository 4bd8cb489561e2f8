//! Files that the loader cannot use: objects of the venv that make no sense, and whatever else ends
//! the search for a needed name.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::finding::{Code, Finding, Reach, Remedy};
use super::input::{Examined, Input, Owner};
use crate::elf::Unreadable;
use crate::loader::Refusal;

/// A file at which the search for a needed name ends, and for whom.
pub(super) struct Stop {
    name: String,
    why: Rc<str>,
    reach: Reach,
    objects: BTreeMap<Owner, Vec<String>>,
}

/// Such files by path.
#[derive(Default)]
pub(super) struct Stops(BTreeMap<PathBuf, Stop>);

impl Stops {
    /// Notes that `asker` comes upon a file when it looks for `name`.
    pub(super) fn note(&mut self, refusal: &Refusal, asker: &Examined, name: &str, reach: Reach) {
        let path = crate::fsx::normalize(&refusal.path);
        let stop = self.0.entry(path).or_insert_with(|| Stop {
            name: name.to_owned(),
            why: Rc::clone(&refusal.why),
            reach,
            objects: BTreeMap::new(),
        });
        stop.reach = stop.reach.min(reach);
        let shown = asker.shown.display().to_string();
        asker.owners().for_each(|owner| stop.objects.entry(owner).or_default().push(shown.clone()));
    }

    fn reach(&self, path: &Path) -> Option<Reach> {
        self.0.get(path).map(|stop| stop.reach)
    }

    /// One finding for each damaged object of the venv, and for each other file that ends a search.
    pub(super) fn into_findings(self, input: &Input<'_>) -> Vec<Finding> {
        let broken =
            input.examined.iter().filter_map(|examined| Some((examined, examined.object.as_ref().err()?)));
        let mut findings: Vec<Finding> = broken
            .map(|(examined, error)| unreadable(input, examined, error, self.reach(&examined.path)))
            .collect();
        let broken = input.examined.iter().filter(|examined| examined.object.is_err());
        let known: HashSet<&Path> = broken.map(|examined| examined.path.as_path()).collect();
        let others = self.0.into_iter().filter(|(path, _)| !known.contains(path.as_path()));
        findings.extend(others.map(|(path, stop)| unusable(input, &path, stop)));
        findings
    }
}

/// Objects whose needs are too many to be searched for.
#[derive(Default)]
pub(super) struct GivenUp(BTreeMap<(Owner, Reach), Vec<String>>);

impl GivenUp {
    /// Notes one.
    pub(super) fn note(&mut self, examined: &Examined, reach: Reach) {
        let owner = examined.owners.first().copied();
        self.0.entry((owner, reach)).or_default().push(examined.shown.display().to_string());
    }

    /// One finding for each distribution and reach.
    pub(super) fn into_findings(self, input: &Input<'_>) -> Vec<Finding> {
        let finding = |((owner, reach), objects): ((Owner, Reach), Vec<String>)| Finding {
            code: Code::UnreadableObject,
            severity: reach.severity(),
            reach: Some(reach),
            soname: None,
            distributions: input.affected([(owner, objects)].into()),
            searched: Vec::new(),
            remedy: input.reinstall(owner),
            detail: Some("absurdly many searches for what it needs".into()),
        };
        self.0.into_iter().map(finding).collect()
    }
}

/// A damaged object; `asked` is what fails for want of it, where a needed name leads to it.
fn unreadable(input: &Input<'_>, examined: &Examined, error: &Unreadable, asked: Option<Reach>) -> Finding {
    let own = if examined.is_extension(input.python) { Reach::Import } else { Reach::Plugin };
    let reach = asked.map_or(own, |asked| asked.min(own));
    let owner = examined.owners.first().copied();
    Finding {
        code: Code::UnreadableObject,
        severity: reach.severity(),
        reach: Some(reach),
        soname: None,
        distributions: input.affected([(owner, vec![examined.shown.display().to_string()])].into()),
        searched: Vec::new(),
        remedy: input.reinstall(owner),
        detail: Some(error.to_string()),
    }
}

fn unusable(input: &Input<'_>, path: &Path, stop: Stop) -> Finding {
    let detail = format!("{}: {}", path.display(), stop.why);
    Finding {
        code: Code::UnreadableObject,
        severity: stop.reach.severity(),
        reach: Some(stop.reach),
        soname: Some(stop.name),
        distributions: input.affected(stop.objects),
        searched: Vec::new(),
        remedy: Remedy::None {
            reason: format!("the loader stops at {detail}; put a sound file in its place, or none"),
        },
        detail: Some(detail),
    }
}
