//! What a name stands for in the nixpkgs in use: the answers of `venvfix which` (pure).

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::{self, Kind, Library, Meaning, Release, Remedies, Remedy, Unknown};
use crate::loader;
use crate::nixpkgs::Located;

/// What one name stands for. A PyPI name has an answer for each library that it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Answer {
    /// The name as it was asked for.
    pub query: String,
    /// What kind of name it is; null where it is not known.
    pub kind: Option<Kind>,
    /// The attribute path of nixpkgs to add; null where there is none.
    pub attribute: Option<String>,
    /// The output that the path names, or that has the file.
    pub output: Option<String>,
    /// What other releases call it, or other packages that have it.
    pub alternatives: Vec<String>,
    /// What to know beside it: why there is none, what to do instead, what else the name means.
    pub note: Option<String>,
    #[serde(skip)]
    library: Option<Library>,
}

/// What a name stands for, by the tables alone; the preferred kind decides.
pub fn answers(query: &str, release: Option<Release>) -> Vec<Answer> {
    let mut meanings = catalog::meanings(query).into_iter();
    let Some(preferred) = meanings.next() else {
        return vec![of_glibc(query).unwrap_or_else(|| unknown(query))];
    };
    let mut answers = of_meaning(query, preferred, release);
    for answer in &mut answers {
        if let Some(refused) = answer.attribute.as_deref().and_then(catalog::refused) {
            answer.add_note(&refused.to_string());
        }
    }
    let others: Vec<String> = meanings.map(|meaning| described(query, meaning, release)).collect();
    if let Some(first) = answers.first_mut().filter(|_| !others.is_empty()) {
        first.add_note(&format!("also a {}", others.join(", a ")));
    }
    answers
}

fn of_meaning(query: &str, Meaning { kind, remedies }: Meaning, release: Option<Release>) -> Vec<Answer> {
    let answer = || Answer::of(query, Some(kind));
    match remedies {
        Remedies::Row(remedy) => vec![of_row(answer(), query, remedy, release)],
        Remedies::Libraries(libraries) => {
            let with = |library| answer().with(catalog::settle(library, release));
            let mut answers: Vec<Answer> = libraries.into_iter().map(with).collect();
            if let Some(first) = answers.first_mut().filter(|_| kind == Kind::Pypi) {
                catalog::remarks(query).iter().for_each(|remark| first.add_note(remark));
            }
            answers
        }
        Remedies::Nothing(unknown) => vec![answer().noting(&why(&unknown))],
    }
}

fn of_row(answer: Answer, query: &str, remedy: Remedy, release: Option<Release>) -> Answer {
    let in_release = || match answer.kind {
        Some(Kind::Soname) => catalog::library_in(query, release),
        _ => None,
    };
    if let Some(library) = in_release() {
        let place = catalog::for_release(query, release).and_then(|place| place.directory);
        let directory = place.map(|directory| format!("it lies in {directory} of the package"));
        let note = match &remedy {
            Remedy::Attribute { note, .. } => note.map(str::to_owned),
            // What is gone today and was there.
            _ => None,
        };
        let answer = answer.with(library);
        return [note, directory].into_iter().flatten().fold(answer, |answer, note| answer.noting(&note));
    }
    if let Some(reason) = not_yet(&answer, query, release) {
        return answer.noting(&reason);
    }
    match remedy {
        Remedy::Attribute { attribute, older, note, also, .. } => {
            let library = catalog::settle(Library::with_older(attribute, &older), release);
            let answer = answer.with(library);
            let beside = (!also.is_empty()).then(|| format!("beside it: {}", also.join(", ")));
            let notes = note.map(str::to_owned).into_iter().chain(beside);
            notes.fold(answer, |answer, note| answer.noting(&note))
        }
        Remedy::Driver => answer.noting(
            "it comes with the graphics driver, never with a package: NixOS has it in /run/opengl-driver/lib \
             (hardware.graphics.enable), elsewhere the system has it (nixGL)",
        ),
        Remedy::Wheel { packages, attribute: Some(attribute) } => answer
            .with(catalog::settle(Library::new(attribute), release))
            .noting(&format!("in a venv, take it from the wheel: {}", pip_install(&packages))),
        Remedy::Wheel { packages, attribute: None } => {
            answer.noting(&format!("it comes with a wheel: {}", pip_install(&packages)))
        }
        Remedy::None { reason } => {
            let held = catalog::last_held(query).filter(|_| answer.kind == Some(Kind::Soname));
            let answer = answer.noting(reason);
            match held {
                Some((path, last)) => answer.noting(&format!("nixpkgs up to {last} has it: {path}")),
                None => answer,
            }
        }
    }
}

fn not_yet(answer: &Answer, query: &str, release: Option<Release>) -> Option<String> {
    catalog::not_yet(query, release).filter(|_| answer.kind == Some(Kind::Soname))
}

fn pip_install(packages: &[&str]) -> String {
    let commands: Vec<String> = packages.iter().map(|package| format!("pip install {package}")).collect();
    commands.join(" or ")
}

fn why(unknown: &Unknown) -> String {
    match unknown {
        Unknown::Unavailable { reason, .. } | Unknown::NeedsNone { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

/// A further meaning, in a few words: `program (cmake)`.
fn described(query: &str, meaning: Meaning, release: Option<Release>) -> String {
    let kind = meaning.kind;
    let attributes: Vec<String> =
        of_meaning(query, meaning, release).into_iter().filter_map(|answer| answer.attribute).collect();
    match attributes.is_empty() {
        true => kind.to_string(),
        false => format!("{kind} ({})", attributes.join(" ")),
    }
}

/// What is in no table since nothing is to be added for it.
fn of_glibc(query: &str) -> Option<Answer> {
    let kind = match query.strip_prefix("-l") {
        Some(name) => (name == "c" || loader::brings_linked(name)).then_some(Kind::Linked)?,
        None => loader::brings(query).then_some(Kind::Soname)?,
    };
    Some(
        Answer::of(query, Some(kind))
            .noting("part of glibc, which every python of nixpkgs has: nothing to add"),
    )
}

fn unknown(query: &str) -> Answer {
    let near = catalog::similar(query);
    let answer = Answer::of(query, None);
    match near.is_empty() {
        true => answer,
        false => answer.noting(&format!("near names: {}", near.join(", "))),
    }
}

/// What the user's index of files says of a soname that no table has.
pub fn located(query: &str, found: &[Located]) -> Option<Answer> {
    let (best, others) = found.split_first()?;
    Some(Answer {
        attribute: Some(best.attribute.clone()),
        output: best.output.clone(),
        alternatives: others.iter().map(|other| other.attribute.clone()).collect(),
        ..Answer::of(query, Some(Kind::Soname)).noting("found by nix-locate, in no table of venvfix")
    })
}

/// An attribute that no table has and that Nix says is there.
pub fn in_nixpkgs(query: &str) -> Answer {
    let answer = Answer::of(query, Some(Kind::Attribute)).with(Library::new(query));
    answer.noting("<nixpkgs> has it, no table of venvfix does")
}

/// Outputs that packages commonly have. An attribute path may end in one.
const OUTPUTS: [&str; 7] = ["bin", "dev", "doc", "lib", "man", "out", "static"];

impl Answer {
    fn of(query: &str, kind: Option<Kind>) -> Self {
        Self {
            query: query.to_owned(),
            kind,
            attribute: None,
            output: None,
            alternatives: Vec::new(),
            note: None,
            library: None,
        }
    }

    fn with(mut self, library: Library) -> Self {
        let path = library.path().to_owned();
        let output = path.rsplit_once('.').map(|(_, last)| last.to_owned());
        self.output = output.filter(|last| OUTPUTS.contains(&last.as_str()));
        self.alternatives = library.other_paths();
        self.attribute = Some(path);
        self.library = Some(library);
        self
    }

    fn noting(mut self, note: &str) -> Self {
        self.add_note(note);
        self
    }

    fn add_note(&mut self, note: &str) {
        self.note = Some(match self.note.take() {
            Some(earlier) => format!("{earlier}; {note}"),
            None => note.to_owned(),
        });
    }

    /// Whether it is not known by the tables, but from where the file lies.
    pub fn is_located(&self) -> bool {
        self.attribute.is_some() && self.library.is_none()
    }

    /// The paths whose presence in nixpkgs decides which one is named.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.library.iter().flat_map(Library::names).map(String::as_str)
    }

    /// The same, once it is known what is in nixpkgs: `settle` names the path that is there.
    #[must_use]
    pub fn proven(
        self,
        settle: impl FnOnce(Library) -> Library,
        lacks: impl FnOnce(&Library) -> bool,
    ) -> Self {
        match self.library.clone() {
            Some(library) if lacks(&library) => self.noting("this <nixpkgs> does not have it"),
            Some(library) => self.with(settle(library)),
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(query: &str, release: Option<&str>) -> Answer {
        let mut found = answers(query, release.map(|text| text.parse().unwrap()));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn a_soname_is_answered_in_the_shape_of_the_contract() {
        let json = serde_json::to_value(answers("libz.so.1", None)).unwrap();
        assert_eq!(
            json,
            serde_json::json!([{"query": "libz.so.1", "kind": "soname", "attribute": "zlib",
                "output": null, "alternatives": [], "note": null}])
        );
    }

    #[test]
    fn an_unknown_release_gets_the_newest_path_and_the_others() {
        let found = one("libX11.so.6", None);
        assert_eq!(found.attribute.as_deref(), Some("libx11"));
        assert_eq!(found.alternatives, ["xorg.libX11"]);
    }

    #[test]
    fn what_has_no_attribute_says_why() {
        for (query, words) in [
            ("libcuda.so.1", "graphics driver"),
            ("libtiff.so.5", "libtiff.so.6"),
            ("libQt5Core.so.5", "pip install pyqt5-qt5"),
        ] {
            let note = one(query, None).note.unwrap_or_default();
            assert!(note.contains(words), "{query}: {note}");
        }
        let found = one("libnobodyknows.so.7", None);
        assert_eq!((found.kind, found.attribute), (None, None));
        assert!(one("jpeg", None).note.unwrap().starts_with("near names: libjpeg"));
    }

    #[test]
    fn the_other_meanings_of_a_name_are_mentioned() {
        let found = one("ffmpeg", None);
        assert_eq!((found.kind, found.attribute.as_deref()), (Some(Kind::Attribute), Some("ffmpeg")));
        assert!(found.note.unwrap().contains("also a program (ffmpeg)"));
    }

    #[test]
    fn a_pypi_name_has_an_answer_for_each_library() {
        let found = answers("weasyprint", None);
        assert!(found.len() > 3 && found.iter().all(|answer| answer.kind == Some(Kind::Pypi)));
        assert!(found.iter().any(|answer| answer.attribute.as_deref() == Some("pango")));
        let note = answers("psycopg2", None)[0].note.clone().unwrap_or_default();
        assert!(note.contains("libpq.pg_config") && note.contains("psycopg2-binary needs less"), "{note}");
    }

    #[test]
    fn of_glibc_there_is_nothing_to_add() {
        for (query, kind) in [
            ("libc.so.6", Kind::Soname),
            ("libgcc_s.so.1", Kind::Soname),
            ("ld-linux-x86-64.so.2", Kind::Soname),
            ("-lm", Kind::Linked),
            ("-lpthread", Kind::Linked),
        ] {
            let found = one(query, None);
            assert_eq!((found.kind, found.attribute.as_deref()), (Some(kind), None), "{query}");
            assert!(found.note.unwrap_or_default().contains("nothing to add"), "{query}");
        }
        assert_eq!(one("-l", None).kind, None);
    }

    #[test]
    fn what_nixpkgs_refuses_is_said_of_each_kind_of_name() {
        for (query, words) in [
            ("libssl.so.1.1", "permittedInsecurePackages"),
            ("openssl_1_1", "permittedInsecurePackages"),
            ("nvcc", "allowUnfree"),
            ("mkl", "allowUnfree"),
        ] {
            let note = one(query, None).note.unwrap_or_default();
            assert_eq!(note.matches(words).count(), 1, "{query}: {note}");
        }
    }

    #[test]
    fn an_output_in_the_path_is_told() {
        assert_eq!(one("libstdc++.so.6", None).output.as_deref(), Some("lib"));
    }

    #[test]
    fn what_nixpkgs_lacks_gives_way_to_what_it_has() {
        let known = |library: Library| {
            let path = "xorg.libX11".to_owned();
            Library { in_use: Some(catalog::InUse { path, settled: true }), ..library }
        };
        let found = one("libX11.so.6", None).proven(known, |_| false);
        assert_eq!(found.attribute.as_deref(), Some("xorg.libX11"));
        assert_eq!(found.alternatives, ["libx11"]);
        let absent = one("libz.so.1", None).proven(|library| library, |_| true);
        assert_eq!(absent.note.as_deref(), Some("this <nixpkgs> does not have it"));
    }
}
