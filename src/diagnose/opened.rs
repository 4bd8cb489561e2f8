//! Libraries that packages open by name: no DT_NEEDED tells of them, a table does.

use std::collections::BTreeMap;

use super::finding::{Affected, Code, Finding, Reach, Severity};
use super::input::{Input, Owner, severity};
use super::preload::Preloads;

/// SONAME, what fails without it, how bad that is, and names that do as well.
type Group<'a> = (&'a str, Reach, Severity, &'a [String]);

/// Libraries that packages open by name and will not find, where no object misses them anyway.
pub(super) fn unopened_libraries(input: &Input<'_>, missing: &[Finding]) -> Vec<Finding> {
    let said = |soname: &str, owner: usize| {
        let name = input.distributions.get(owner).map(|found| found.name.as_str());
        let breaks = missing
            .iter()
            .filter(|finding| finding.reach != Some(Reach::Plugin) || finding.code == Code::DlopenLibrary);
        let mut same = breaks.filter(|finding| finding.soname.as_deref() == Some(soname));
        same.any(|finding| finding.distributions.iter().any(|affected| Some(affected.name.as_str()) == name))
    };
    let own = own_libraries(input);
    let mut grouped: BTreeMap<Group<'_>, BTreeMap<Owner, Vec<String>>> = BTreeMap::new();
    for opened in input.opened {
        let mut names = std::iter::once(&opened.soname).chain(&opened.others);
        let found = names.any(|name| {
            input.resolver.finds(&input.interpreter, name, input.offer)
                || opened.may_be_own && (own.have(&[opened.owner], name) || own.brings(&[opened.owner], name))
        });
        if !found && !said(&opened.soname, opened.owner) {
            let key = (opened.soname.as_str(), opened.reach, opened.severity, opened.others.as_slice());
            grouped.entry(key).or_default().insert(Some(opened.owner), Vec::new());
        }
    }
    let finding = |((soname, reach, worst, others), owners): (Group<'_>, _)| {
        let affected = input.affected(owners);
        let remedy = input.remedy_for(soname, &affected, reach);
        Finding {
            code: Code::DlopenLibrary,
            severity: severity(reach, &remedy).max(worst),
            reach: Some(reach),
            soname: Some(soname.to_owned()),
            distributions: affected,
            searched: Vec::new(),
            remedy,
            detail: (!others.is_empty()).then(|| format!("{} would do as well", others.join(" or "))),
        }
    };
    grouped.into_iter().map(finding).collect()
}

/// The libraries that distributions bring, by SONAME and by file name.
fn own_libraries(input: &Input<'_>) -> Preloads {
    if !input.opened.iter().any(|opened| opened.may_be_own) {
        return Preloads::new(&[], std::iter::empty());
    }
    let names = input.objects().flat_map(|(examined, object)| {
        let file = examined.path.file_name().and_then(|name| name.to_str());
        file.into_iter().chain(object.soname.as_deref()).map(|name| (name, examined.owners.as_slice()))
    });
    Preloads::new(input.distributions, names)
}

/// What a package's plugins need and the table knows it to open is one finding: Qt's platform plugin
/// lies in the wheel with Qt, which PyQt requires, among dead plugins that nobody opens.
pub(super) fn move_to_opened(input: &Input<'_>, findings: &mut Vec<Finding>) {
    let preloads = Preloads::new(input.distributions, std::iter::empty());
    let index = |name: &str| input.distributions.iter().position(|found| found.name == name);
    let (mut late, mut others): (Vec<Finding>, Vec<Finding>) =
        findings.drain(..).partition(|finding| finding.code == Code::DlopenLibrary);
    for other in
        others.iter_mut().filter(|other| other.reach == Some(Reach::Plugin) && other.soname.is_some())
    {
        let same =
            |finding: &&mut Finding| finding.soname == other.soname && finding.severity <= other.severity;
        let Some(target) = late.iter_mut().find(same) else { continue };
        let openers: Vec<usize> =
            target.distributions.iter().filter_map(|affected| index(&affected.name)).collect();
        let theirs = |affected: &Affected| {
            index(&affected.name)
                .is_some_and(|owner| openers.iter().any(|&opener| preloads.requires(opener, owner)))
        };
        let (moved, kept) = other.distributions.drain(..).partition::<Vec<_>, _>(theirs);
        other.distributions = kept;
        for affected in moved {
            match target.distributions.iter_mut().find(|known| known.name == affected.name) {
                Some(known) => known.objects = affected.objects,
                None => target.distributions.push(affected),
            }
        }
    }
    others.retain(|other| other.reach != Some(Reach::Plugin) || !other.distributions.is_empty());
    findings.extend(others);
    findings.extend(late);
}
