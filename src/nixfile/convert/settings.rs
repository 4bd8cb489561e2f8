//! What a hook installs, as settings of venvfix.

use super::deeds::Install;

/// What lies in the project's folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// requirements.txt.
    pub has_requirements: bool,
    /// A lock file that venvfix would take before pyproject.toml.
    pub has_lock: bool,
    /// A pyproject.toml with a build system.
    pub can_be_built: bool,
    /// Settings of venvfix.
    pub has_settings: bool,
}

impl Project {
    /// Whether venvfix finds anything to install.
    pub(super) fn is_installable(self) -> bool {
        self.has_requirements || self.has_lock || self.can_be_built || self.has_settings
    }
}

/// How venvfix is told to install the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wishes {
    /// It does so anyway.
    Usual,
    /// By this text of a venvfix.toml.
    Settings(String),
    /// Not at all: the commands stay.
    Inexpressible(&'static str),
}

/// The name of the file that pip is told to install by most.
pub(super) const USUAL: &str = "requirements.txt";

/// What these installations together come to.
pub(super) fn wishes(installs: &[Install], project: Project) -> Wishes {
    let mut files: Vec<&str> = Vec::new();
    let mut extras: Option<Vec<&str>> = None;
    for install in installs {
        for file in &install.files {
            if !files.contains(&file.as_str()) {
                files.push(file);
            }
        }
        if let Some(names) = &install.project {
            let extras = extras.get_or_insert_default();
            extras.extend(names.iter().map(String::as_str));
        }
    }
    let only_project = files.is_empty() && !project.has_requirements && !project.has_lock;
    match &extras {
        None if files.is_empty() || files == [USUAL] => return Wishes::Usual,
        Some(_) if !project.can_be_built => {
            return Wishes::Inexpressible("there is no pyproject.toml with a build system");
        }
        Some(extras) if extras.is_empty() && only_project => return Wishes::Usual,
        _ if project.has_settings => return Wishes::Inexpressible("the project has settings of its own"),
        _ => {}
    }
    if extras.is_some() {
        files.push("pyproject.toml");
    }
    let mut text = format!("requirements = [{}]\n", quoted(&files));
    if let Some(extras) = extras.filter(|extras| !extras.is_empty()) {
        text.push_str(&format!("extras = [{}]\n", quoted(&extras)));
    }
    Wishes::Settings(text)
}

/// Plain names only come here.
fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installations_are_settings_where_they_are_not_the_usual_ones() {
        let install = |files: &[&str], project: Option<&[&str]>| {
            let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            Install { files: own(files), project: project.map(own) }
        };
        let built = Project { can_be_built: true, ..Project::default() };
        let both = Project { has_requirements: true, ..built };
        let settled = Project { has_settings: true, ..both };
        let settings = |text: &str| Wishes::Settings(text.to_owned());
        let cases = [
            (vec![install(&["requirements.txt"], None)], settled, Wishes::Usual),
            (vec![install(&[], Some(&[]))], built, Wishes::Usual),
            (vec![install(&[], Some(&[]))], both, settings("requirements = [\"pyproject.toml\"]\n")),
            (
                vec![install(&["a.txt"], None), install(&["a.txt", "b.txt"], Some(&["dev"]))],
                both,
                settings("requirements = [\"a.txt\", \"b.txt\", \"pyproject.toml\"]\nextras = [\"dev\"]\n"),
            ),
        ];
        for (installs, project, wanted) in cases {
            assert_eq!(wishes(&installs, project), wanted, "{installs:?}");
        }
        for (installs, project) in
            [(install(&["dev.txt"], None), settled), (install(&[], Some(&[])), Project::default())]
        {
            assert!(matches!(wishes(&[installs], project), Wishes::Inexpressible(_)));
        }
    }
}
