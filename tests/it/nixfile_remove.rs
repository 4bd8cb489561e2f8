//! Taking libraries out of Nix files: what goes, what stays, and that it undoes what add-lib did.

use venvfix::nixfile::{Library, Refusal, add_libraries, list_libraries, remove_libraries};

use super::nixfile::{cases_in, libraries};

/// Removes from a list in a file of this form, and gives back the list.
#[track_caller]
fn removed(list: &str, names: &[&str]) -> String {
    let around = ["{ pkgs }:\npkgs.mkShell {\n  buildInputs = with pkgs; ", ";\n}"];
    let libraries: Vec<Library> = names.iter().map(|&name| Library::new(name)).collect();
    let removal = remove_libraries(&around.join(list), &libraries).unwrap();
    let rest = removal.text.strip_prefix(around[0]).and_then(|rest| rest.strip_suffix(around[1]));
    rest.unwrap_or_else(|| panic!("{}", removal.text)).to_owned()
}

#[test]
fn an_element_goes_with_its_blanks_on_one_line() {
    assert_eq!(removed("[ git zlib gmp ]", &["zlib"]), "[ git gmp ]");
    assert_eq!(removed("[ git pkgs.zlib gmp ]", &["zlib"]), "[ git gmp ]");
    assert_eq!(removed("[ zlib gmp ]", &["zlib"]), "[ gmp ]");
    assert_eq!(removed("[ git zlib ]", &["zlib"]), "[ git ]");
    assert_eq!(removed("[ zlib ]", &["zlib"]), "[ ]");
    assert_eq!(removed("[zlib]", &["zlib"]), "[]");
    assert_eq!(removed("[zlib git]", &["zlib"]), "[git]");
    assert_eq!(removed("[ zlib gmp git]", &["zlib", "gmp", "git"]), "[]");
    assert_eq!(removed("[ (git) zlib(gmp) ]", &["zlib"]), "[ (git) (gmp) ]");
    assert_eq!(removed("[ git /* g */ zlib /* z */ gmp ]", &["zlib"]), "[ git /* g */ /* z */ gmp ]");
}

#[test]
fn the_line_of_an_element_goes_with_the_comment_that_ends_it() {
    for newline in ["\n", "\r\n"] {
        let lines = |text: &str| text.replace('\n', newline);
        let check = |list: &str, names: &[&str], wanted: &str| {
            assert_eq!(removed(&lines(list), names), lines(wanted), "{list}");
        };
        check("[\n    git\n    zlib # for a\n    gmp\n  ]", &["zlib"], "[\n    git\n    gmp\n  ]");
        check("[\n\tzlib /* a */ # b\n\tgmp\n]", &["zlib"], "[\n\tgmp\n]");
        check("[\n    zlib\n  ]", &["zlib"], "[\n  ]");
        check("[ git\n    zlib ]", &["zlib"], "[ git ]");
        check("[ git\n    zlib\n    gmp ]", &["zlib", "gmp"], "[ git ]");
        check("[\n    zlib gmp # both\n  ]", &["gmp", "zlib"], "[\n  ]");
        check("[ zlib\n    gmp\n  ]", &["zlib"], "[\n    gmp\n  ]");
        check("[\n    (zlib or\n      pkgs.z)\n    gmp ]", &["gmp"], "[\n    (zlib or\n      pkgs.z) ]");
    }
}

#[test]
fn a_comment_of_something_else_stays() {
    assert_eq!(removed("[\n  # for a\n  zlib\n  gmp\n]", &["zlib"]), "[\n  # for a\n  gmp\n]");
    assert_eq!(removed("[\n  git zlib # both\n]", &["zlib"]), "[\n  git # both\n]");
    assert_eq!(removed("[\n  zlib git # both\n]", &["zlib"]), "[\n  git # both\n]");
    assert_eq!(removed("[\n  zlib # for a\n  # and b\n]", &["zlib"]), "[\n  # and b\n]");
    assert_eq!(removed("[\n  zlib /* a\n  b */\n]", &["zlib"]), "[\n  /* a\n  b */\n]");
    assert_eq!(removed("[ # head\n  zlib ]", &["zlib"]), "[ # head\n  ]");
    assert_eq!(removed("[ git # g\n  zlib ]", &["zlib"]), "[ git # g\n  ]");
    assert_eq!(removed("[\n  zlib # venvfix: libraries\n]", &["zlib"]), "[\n  # venvfix: libraries\n]");
}

#[test]
fn every_spelling_and_every_list_of_the_shell_counts() {
    let file = "{ pkgs ? import <nixpkgs> { } }:\npkgs.mkShell {\n  packages = [ pkgs.git pkgs.zlib ];\n  buildInputs = with pkgs; [ zlib (pkgs.libx11 or pkgs.xorg.libX11) (gmp) ];\n  other = [ zlib ];\n}\n";
    let libraries =
        [Library::new("zlib"), Library::with_older("libx11", &["xorg.libX11"]), Library::new("gmp")];
    let removal = remove_libraries(file, &libraries).unwrap();
    let wanted = file
        .replace("[ pkgs.git pkgs.zlib ]", "[ pkgs.git ]")
        .replace("[ zlib (pkgs.libx11 or pkgs.xorg.libX11) (gmp) ]", "[ ]");
    assert_eq!(removal.text, wanted);
    let removed: Vec<&str> = removal.removed.iter().map(|(spelling, _)| spelling.as_str()).collect();
    assert_eq!(removed, ["zlib", "(pkgs.libx11 or pkgs.xorg.libX11)", "(gmp)", "pkgs.zlib"]);
    assert_eq!(removal.removed[3].1.to_string(), "3:25: `packages`");
    assert!(removal.absent.is_empty());
}

#[test]
fn what_is_in_no_list_is_absent_and_nothing_changes() {
    let file = "{ pkgs }:\npkgs.mkShell {\n  buildInputs = [ pkgs.git ];\n  passthru = [ pkgs.zlib ];\n}\n";
    let removal = remove_libraries(file, &[Library::new("zlib"), Library::new("gmp")]).unwrap();
    assert_eq!((removal.text.as_str(), removal.removed.len()), (file, 0));
    let places = |at: usize| removal.absent[at].1.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((places(0), places(1)), (vec!["4:16: `passthru`".to_owned()], vec![]));
}

#[test]
fn an_argument_of_the_files_function_is_left_and_told() {
    let file = "{ mkShell, zlib, gmp }:\nmkShell { buildInputs = [ zlib gmp ]; x = gmp; }\n";
    let removal = remove_libraries(file, &[Library::new("zlib"), Library::new("gmp")]).unwrap();
    assert_eq!(removal.text, file.replace("[ zlib gmp ]", "[ ]"));
    assert_eq!(removal.unused_arguments, ["zlib"]);
}

#[test]
fn elements_that_would_become_another_are_left() {
    let file = "{ pkgs }: pkgs.mkShell { buildInputs = with pkgs; [ a.b(zlib)c ]; }";
    let removed = remove_libraries(file, &[Library::new("zlib")]);
    assert!(matches!(removed, Err(Refusal::Unproven { .. })), "{removed:?}");
}

#[test]
fn the_list_tells_spellings_paths_and_places() {
    let file = "{ pkgs }:\npkgs.mkShell {\n  packages = [ pkgs.git (f 1) ];\n  buildInputs = with pkgs; [\n    (pkgs.libx11 or pkgs.xorg.libX11)\n  ];\n}\n";
    let listed = list_libraries(file).unwrap();
    let told: Vec<_> =
        listed.iter().map(|it| (it.spelling.as_str(), it.paths.join(" "), it.place.to_string())).collect();
    let wanted = [
        ("pkgs.git", "git", "3:16: `packages`"),
        ("(f 1)", "", "3:25: `packages`"),
        ("(pkgs.libx11 or pkgs.xorg.libX11)", "libx11 xorg.libX11", "5:5: `buildInputs`"),
    ];
    assert_eq!(told, wanted.map(|(a, b, c)| (a, b.to_owned(), c.to_owned())));
}

/// What removing undoes: all of an addition, but that `[]` comes back as `[ ]`, and that arguments stay.
pub fn undoes(source: &str, libraries: &[Library]) -> Result<(), String> {
    let Ok(edit) = add_libraries(source, libraries) else { return Ok(()) };
    let added: Vec<Library> = libraries.iter().filter(|library| !has(source, library)).cloned().collect();
    if added.is_empty() {
        return Ok(());
    }
    let removal =
        remove_libraries(&edit.text, &added).map_err(|refusal| format!("{refusal}\n{}", edit.text))?;
    let same = removal.text == source || removal.text.replace("[ ]", "[]") == source.replace("[ ]", "[]");
    let argument = !removal.unused_arguments.is_empty();
    if (same || argument) && removal.absent.is_empty() {
        return Ok(());
    }
    Err(format!("of\n{source}\nand\n{}\ncame\n{}", edit.text, removal.text))
}

fn has(source: &str, library: &Library) -> bool {
    let removal = remove_libraries(source, std::slice::from_ref(library));
    removal.is_ok_and(|removal| !removal.removed.is_empty())
}

#[test]
fn carriage_returns_within_a_line_are_blanks() {
    for end in ["\r\r]", "\r ]", "]"] {
        let source = format!(
            "{{ pkgs }}: with pkgs; mkShell {{\r\n  buildInputs = [ # why\r\n    openssl{end};\r\n}}\r\n"
        );
        undoes(&source, &[Library::new("zlib")]).unwrap();
    }
}

#[test]
fn removing_undoes_adding_in_every_case() {
    let mut undone = 0;
    for case in cases_in("tests/nixfile") {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
        let (source, wanted) = (read("in.nix"), libraries(&read("add")));
        for text in [source.clone(), source.replace('\n', "\r\n"), source.trim_end().to_owned()] {
            undoes(&text, &wanted).unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        }
        undone += usize::from(add_libraries(&source, &wanted).is_ok_and(|edit| edit.text != source));
    }
    assert!(undone > 30, "only {undone}");
}
