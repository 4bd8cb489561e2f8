//! What pyproject.toml says is to be installed (PEP 621, 517, 735). Pure.

use std::collections::BTreeSet;

use anyhow::Result;
use toml::{Table, Value};

use crate::error::Trouble;
use crate::near;
use crate::project_name;

/// Parts of a project that are installed only when they are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Names of `project.optional-dependencies`.
    pub(super) extras: &'a [String],
    /// Names of `dependency-groups`.
    pub(super) groups: &'a [String],
}

/// Whether there is anything to install: most such files only hold settings of tools.
///
/// # Errors
/// If the text is no valid TOML.
pub(super) fn is_installable(text: &str, groups: &[String]) -> Result<bool> {
    // The parser is not started for a file that cannot have any of it.
    if !["project", "build-system", "dependency-groups"].iter().any(|name| text.contains(name)) {
        return Ok(false);
    }
    let table = parse(text)?;
    Ok(table.contains_key("project") || table.contains_key("build-system") || !groups.is_empty())
}

/// Files that setuptools takes dependencies from (`tool.setuptools.dynamic`).
pub(super) fn dynamic_files(text: &str) -> Vec<String> {
    let table: Option<Table> = text.contains("dynamic").then(|| text.parse().ok()).flatten();
    let file = ProjectFile { table: table.unwrap_or_default() };
    let dynamic = file.at(&["tool", "setuptools", "dynamic"]).and_then(Value::as_table);
    let mut values: Vec<&Value> = Vec::new();
    for (name, value) in dynamic.into_iter().flatten() {
        match name.as_str() {
            "dependencies" => values.push(value),
            "optional-dependencies" => values.extend(value.as_table().into_iter().flat_map(Table::values)),
            _ => {}
        }
    }
    let named = values.into_iter().filter_map(|value| value.get("file"));
    let texts = named.flat_map(|file| match file {
        Value::Array(files) => files.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    });
    texts.map(str::to_owned).collect()
}

fn parse(text: &str) -> Result<Table> {
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
        Trouble::usage(format!("pyproject.toml is not valid TOML: line {line}: {}", error.message())).into()
    })
}

/// What pip is to be told: `-e PLACE` for a project that can be built, else its dependencies one by one,
/// as uv does; then those of the groups.
///
/// # Errors
/// If the text is no valid TOML, or has no such extra or group.
pub(super) fn arguments(text: &str, place: &str, asked: Asked) -> Result<Vec<String>> {
    let file = ProjectFile { table: parse(text)? };
    file.check()?;
    let extras = asked.extras.iter().map(|extra| file.extra(extra)).collect::<Result<Vec<_>>>()?;
    let (editable, mut requirements) = match file.can_be_built() {
        true => (vec!["-e".to_owned(), with_extras(place, asked.extras)], Vec::new()),
        false => (Vec::new(), [&[file.strings(&["project", "dependencies"])], &extras[..]].concat().concat()),
    };
    for group in asked.groups {
        file.add_group(group, &mut BTreeSet::new(), &mut requirements)?;
    }
    if let Some(option) = requirements.iter().find(|requirement| requirement.starts_with('-')) {
        return Err(Trouble::usage(format!("pyproject.toml: `{option}` is no requirement")).into());
    }
    Ok([editable, requirements].concat())
}

struct ProjectFile {
    table: Table,
}

impl ProjectFile {
    /// A project without a build system is a folder of scripts, unless setuptools is to find out
    /// what it depends on.
    fn can_be_built(&self) -> bool {
        let dynamic = self.strings(&["project", "dynamic"]);
        self.table.contains_key("build-system") || dynamic.iter().any(|name| name == "dependencies")
    }

    /// A text where a list should be is a slip that would install nothing.
    fn check(&self) -> Result<()> {
        let dependencies = self.at(&["project", "dependencies"]);
        match dependencies.is_none_or(Value::is_array) {
            true => Ok(()),
            false => Err(Trouble::usage("pyproject.toml: project.dependencies is no list")
                .help("write dependencies = [\"NAME\"]")
                .into()),
        }
    }

    fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.table.get(*first)?, |value, name| value.get(name))
    }

    fn strings(&self, path: &[&str]) -> Vec<String> {
        let values = self.at(path).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn names(&self, path: &[&str]) -> Vec<&str> {
        self.at(path)
            .and_then(Value::as_table)
            .into_iter()
            .flat_map(Table::keys)
            .map(String::as_str)
            .collect()
    }

    fn extra(&self, name: &str) -> Result<Vec<String>> {
        const PLACE: [&str; 2] = ["project", "optional-dependencies"];
        // poetry and others keep extras in tables of their own.
        if self.at(&["project"]).is_none() || self.strings(&["project", "dynamic"]).contains(&PLACE[1].into())
        {
            return Ok(Vec::new());
        }
        let found = self.named(&PLACE, name).ok_or_else(|| self.unknown("extra", name, &PLACE))?;
        Ok(self.strings(&[PLACE[0], PLACE[1], found]))
    }

    fn add_group(&self, name: &str, seen: &mut BTreeSet<String>, out: &mut Vec<String>) -> Result<()> {
        const PLACE: [&str; 1] = ["dependency-groups"];
        let found = self.named(&PLACE, name).ok_or_else(|| self.unknown("group", name, &PLACE))?;
        if !seen.insert(found.to_owned()) {
            return Ok(());
        }
        for item in self.at(&[PLACE[0], found]).and_then(Value::as_array).into_iter().flatten() {
            match (item.as_str(), item.get("include-group").and_then(Value::as_str)) {
                (Some(requirement), _) => out.push(requirement.to_owned()),
                (None, Some(included)) => self.add_group(included, seen, out)?,
                (None, None) => {
                    let message =
                        format!("pyproject.toml: the group `{name}` holds neither text nor include-group");
                    return Err(Trouble::usage(message).into());
                }
            }
        }
        Ok(())
    }

    /// Names of extras and groups are compared normalised.
    fn named(&self, place: &[&str], name: &str) -> Option<&str> {
        let wanted = project_name::normalize(name);
        self.names(place).into_iter().find(|known| project_name::normalize(known) == wanted)
    }

    fn unknown(&self, what: &str, name: &str, place: &[&str]) -> Trouble {
        let known = self.names(place);
        let trouble = Trouble::usage(format!("pyproject.toml has no {what} `{name}`"));
        match near::nearest(name, known.iter().copied()).first() {
            Some(nearest) => trouble.help(format!("did you mean `{nearest}`?")),
            None => trouble.help(format!("its {what}s are: {}", known.join(", "))),
        }
    }
}

fn with_extras(place: &str, extras: &[String]) -> String {
    if extras.is_empty() { place.to_owned() } else { format!("{place}[{}]", extras.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPTS: &str = "[project]\nname = 'x'\ndependencies = ['numpy>=2', 'six']\n\
                           [project.optional-dependencies]\nDev_Tools = ['pytest']\n\
                           [dependency-groups]\ntest = ['attrs', {include-group = 'lint'}]\n\
                           lint = ['ruff', {include-group = 'test'}]\n";

    fn asked(text: &str, extras: &[&str], groups: &[&str]) -> Result<Vec<String>> {
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        arguments(text, ".", Asked { extras: &own(extras), groups: &own(groups) })
    }

    #[test]
    fn a_project_that_can_be_built_is_installed_editable() {
        let text = format!("[build-system]\nrequires = []\n{SCRIPTS}");
        assert_eq!(asked(&text, &[], &[]).unwrap(), ["-e", "."]);
        assert_eq!(asked(&text, &["dev-tools"], &["lint"]).unwrap(), ["-e", ".[dev-tools]", "ruff", "attrs"]);
        assert_eq!(asked("[build-system]\n[tool.poetry]\n", &["db"], &[]).unwrap(), ["-e", ".[db]"]);
        assert_eq!(asked("[project]\ndynamic = ['dependencies']\n", &[], &[]).unwrap(), ["-e", "."]);
    }

    #[test]
    fn a_folder_of_scripts_gets_its_dependencies() {
        assert_eq!(asked(SCRIPTS, &[], &[]).unwrap(), ["numpy>=2", "six"]);
        let all = asked(SCRIPTS, &["dev.tools"], &["test"]).unwrap();
        assert_eq!(all, ["numpy>=2", "six", "pytest", "attrs", "ruff"]);
    }

    #[test]
    fn what_is_not_there_names_the_nearest() {
        for (extras, groups, name) in [(&["dev-tool"][..], &[][..], "Dev_Tools"), (&[], &["tests"], "test")] {
            let error = asked(SCRIPTS, extras, groups).unwrap_err().downcast::<Trouble>().unwrap();
            assert_eq!(error.help.unwrap(), format!("did you mean `{name}`?"), "{}", error.message);
        }
    }

    #[test]
    fn an_option_is_no_requirement() {
        let text = "[project]\ndependencies = ['--index-url=https://evil.example']\n";
        assert!(asked(text, &[], &[]).unwrap_err().to_string().contains("is no requirement"));
    }

    #[test]
    fn files_that_dependencies_come_from_are_known() {
        let text = "[tool.setuptools.dynamic]\ndependencies = {file = ['a.in', 'b.in']}\nversion = {file = 'V'}\n\
                    [tool.setuptools.dynamic.optional-dependencies]\ndev = {file = 'c.in'}\n";
        assert_eq!(dynamic_files(text), ["a.in", "b.in", "c.in"]);
        assert!(dynamic_files("dynamic").is_empty());
    }

    #[test]
    fn settings_of_tools_are_nothing_to_install() {
        let is = |text: &str, groups: &[String]| is_installable(text, groups).unwrap();
        assert!(!is("[tool.ruff]\nproject = 1\n", &[]));
        assert!(is("[project]\nname = 'x'\n", &[]));
        assert!(is("project.name = 'x'\n", &[]));
        assert!(is("[dependency-groups]\ndev = []\n", &["dev".to_owned()]));
    }

    #[test]
    fn slips_are_named_with_their_line() {
        let error = is_installable("[project]\nname = 'x'\ndependencies = ['a' 'b']\n", &[]).unwrap_err();
        assert!(error.to_string().starts_with("pyproject.toml is not valid TOML: line 3: "), "{error}");
        assert!(
            asked("[project]\ndependencies = 'six'\n", &[], &[]).unwrap_err().to_string().contains("no list")
        );
    }
}
