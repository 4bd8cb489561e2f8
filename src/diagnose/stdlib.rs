//! Distributions that import a module of the standard library which the interpreter lacks. Pure.

use std::collections::BTreeMap;

use super::finding::{Affected, Code, Finding, Reach, Remedy};
use crate::venv::Distribution;

/// One finding for each such module. `wanted` tells what a distribution cannot be imported without.
pub fn missing_modules<'a>(
    distributions: &[Distribution],
    python: Option<(u32, u32)>,
    wanted: impl Fn(&Distribution) -> Vec<&'a str>,
    lacks: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    let mut by_module: BTreeMap<&str, Vec<Affected>> = BTreeMap::new();
    for found in distributions {
        for module in wanted(found) {
            let (name, version) = (found.name.clone(), found.version.clone());
            by_module.entry(module).or_default().push(Affected { name, version, objects: Vec::new() });
        }
    }
    // A set's packages are for its own python alone.
    let set =
        python.map_or("python3Packages".into(), |(major, minor)| format!("python{major}{minor}Packages"));
    let finding = |(module, distributions): (&str, Vec<Affected>)| {
        let remedy = Remedy::PythonAttribute { attribute: format!("{set}.{module}") };
        let reach = Reach::Import;
        let plain = Finding::plain(Code::MissingStdlibModule, reach.severity(), module.into(), remedy);
        Finding { reach: Some(reach), distributions, ..plain }
    };
    by_module.into_iter().filter(|(module, _)| lacks(module)).map(finding).collect()
}
