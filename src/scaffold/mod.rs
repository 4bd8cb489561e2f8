//! The files that `init` writes: their texts, made of templates and of what a project asks for (pure).

mod asked;
mod source;
mod versions;

use std::fmt::Write as _;
use std::path::Path;

pub use asked::{Asked, Files, UNREAD, Wish, asked};
use source::quoted;
pub use source::{Source, hook, package};
use versions::minor_of;

use crate::library::Library;
use crate::shell::word;

const SHELL: &str = include_str!("../../nix/shell.template.nix");
const FLAKE: &str = include_str!("../../nix/flake.template.nix");

/// A complete shell.nix.
pub fn shell_nix(source: &Source, asked: &Asked) -> String {
    let definition = package(source, "pkgs");
    filled(SHELL, &[("venvfix", &definition)], asked, &spelled)
}

/// A complete flake.nix.
pub fn flake_nix(source: &Source, asked: &Asked) -> String {
    let (input, argument, definition) = match source {
        Source::PackageOrProgram(path) | Source::Program(path) | Source::Linked(path) => {
            (String::new(), String::new(), package(&Source::Linked(path.clone()), "pkgs"))
        }
        Source::Checkout(path) => of_input(&format!("path:{}?dir=nix", in_url(path))),
        Source::Tarball(url) => of_input(&format!("{url}?dir=nix")),
        Source::Flake(reference) => of_input(reference),
    };
    let plain = |library: &Library| library.attribute.clone();
    let package = if input.is_empty() { "venvfix" } else { "venvfix.packages.${system}.default" };
    let parts =
        [("input", input.as_str()), ("argument", &argument), ("venvfix", &definition), ("package", package)];
    filled(FLAKE, &parts, asked, &plain)
}

fn of_input(reference: &str) -> (String, String, String) {
    let input =
        format!("venvfix = {{\n  url = {};\n  inputs.nixpkgs.follows = \"nixpkgs\";\n}};", quoted(reference));
    (input, " venvfix,".to_owned(), String::new())
}

/// A path as it stands in a URL.
pub fn in_url(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            true => out.push(char::from(byte)),
            false => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// An .envrc that enters the shell of this file.
pub fn envrc(file: &str) -> String {
    let use_it = match file {
        "flake.nix" => "use flake".to_owned(),
        "shell.nix" => "use nix".to_owned(),
        other => format!("use nix {}", word(Path::new(other))),
    };
    let file = file.replace(char::is_control, "?");
    format!(
        "# Enters the shell of {file} when you come into this folder: allow it with `direnv allow`.\n\
         # A change of one of these files enters again, and installs.\n\
         watch_file requirements.txt pyproject.toml uv.lock pylock.toml venvfix.toml\n\
         {use_it}\n"
    )
}

/// The `Y` of a version `3.Y`.
pub fn minor_version(text: &str) -> Option<u8> {
    minor_of(text)
}

/// Fills in a template: a line that is a mark becomes lines, indented as it is, or none.
fn filled(
    template: &str,
    parts: &[(&str, &str)],
    asked: &Asked,
    spell: &dyn Fn(&Library) -> String,
) -> String {
    let (python, why) = &asked.python;
    let python = format!("pkgs.{python}{}", why.as_ref().map(|why| format!(" # {why}")).unwrap_or_default());
    let programs = wishes(&asked.programs, &|library| match spell(library) {
        choice if choice.starts_with('(') => choice,
        name => format!("pkgs.{name}"),
    });
    let libraries = wishes(&asked.libraries, spell);
    let own = [("python", python.as_str()), ("programs", &programs), ("libraries", &libraries)];
    let mut text = String::with_capacity(template.len() * 2);
    for line in template.lines() {
        let mark = line.trim().strip_prefix('@').and_then(|mark| mark.strip_suffix('@'));
        match mark.and_then(|mark| parts.iter().chain(&own).find(|(name, _)| *name == mark)) {
            Some((_, part)) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                text.extend(part.lines().map(|part| format!("{indent}{part}\n")));
            }
            None => {
                let argument = parts.iter().find(|(name, _)| *name == "argument");
                text.push_str(
                    &argument.map_or_else(|| line.to_owned(), |(_, value)| line.replace("@argument@", value)),
                );
                text.push('\n');
            }
        }
    }
    text
}

fn wishes(wishes: &[Wish], spell: &dyn Fn(&Library) -> String) -> String {
    let lines = |wish: &Wish| {
        let names: String = wish.libraries.iter().map(|library| format!("{}\n", spell(library))).collect();
        format!("# {}\n{names}", wish.why)
    };
    wishes.iter().map(lines).collect()
}

/// A library under `with pkgs;` of a nixpkgs that may be any.
fn spelled(library: &Library) -> String {
    match library.older.is_empty() {
        true => library.attribute.clone(),
        false => {
            let names: Vec<String> = library.names().map(|name| format!("pkgs.{name}")).collect();
            format!("({})", names.join(" or "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "/home/a b/\"${x}\\";

    fn sources() -> Vec<Source> {
        vec![
            Source::PackageOrProgram(HOSTILE.into()),
            Source::PackageOrProgram("/nix/store/abc-venvfix-0.1.0/bin/venvfix".into()),
            Source::Program(HOSTILE.into()),
            Source::Linked(HOSTILE.into()),
            Source::Checkout(HOSTILE.into()),
            Source::Tarball("https://example.org/v1.tar.gz".into()),
            Source::Flake("github:example/venvfix?dir=nix".into()),
        ]
    }

    fn much() -> Asked {
        let wish = |names: &[&str], why: &str| Wish {
            libraries: names.iter().map(|name| Library::with_older(name, &["xorg.old"])).collect(),
            why: why.into(),
        };
        Asked {
            python: ("python312".into(), Some("as .python-version says".into())),
            programs: vec![Wish { libraries: vec![Library::new("uv")], why: "installs uv.lock".into() }],
            libraries: vec![wish(&["libx11", "libxcb"], "mss")],
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn plain() -> Asked {
        Asked { python: ("python3".into(), None), ..Asked::default() }
    }

    fn assert_parses(text: &str) {
        let parsed = rnix::Root::parse(text);
        assert!(parsed.errors().is_empty(), "{:?}\n{text}", parsed.errors());
        assert!(!text.contains("LD_LIBRARY_PATH") && !text.contains("\n\n\n"), "{text}");
        for mark in ["@python@", "@programs@", "@libraries@", "@venvfix@", "@input@", "@argument@"] {
            assert!(!text.contains(mark), "{mark} {text}");
        }
    }

    #[test]
    fn every_source_gives_files_that_parse_and_set_no_library_path() {
        for source in &sources() {
            for asked in [plain(), much()] {
                assert_parses(&shell_nix(source, &asked));
                assert_parses(&flake_nix(source, &asked));
            }
            for nixpkgs in ["pkgs", "nixpkgs"] {
                assert_parses(&format!("{{ {} }}", hook(source, nixpkgs)));
                assert_parses(&format!("{{ {} }}", package(source, nixpkgs)));
            }
        }
    }

    #[test]
    fn a_program_in_the_store_is_named_by_its_package_and_in_a_flake_by_a_link() {
        let source = Source::Program("/nix/store/abc-venvfix-0.1.0/bin/venvfix".into());
        let text = shell_nix(&source, &plain());
        assert!(text.contains("builtins.storePath \"/nix/store/abc-venvfix-0.1.0\""), "{text}");
        let text = flake_nix(&source, &plain());
        assert!(!text.contains("storePath") && text.contains("program = \"/nix/store/abc-venvfix"), "{text}");
    }

    #[test]
    fn what_is_asked_for_is_in_the_lists_with_its_reason() {
        let text = shell_nix(&sources()[0], &much());
        for part in [
            "    pkgs.python312 # as .python-version says\n",
            "    # installs uv.lock\n    pkgs.uv\n",
            "    # mss\n    (pkgs.libx11 or pkgs.xorg.old)\n    (pkgs.libxcb or pkgs.xorg.old)\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(flake_nix(&sources()[0], &much()).contains("# mss\n              libx11\n"));
    }
}
