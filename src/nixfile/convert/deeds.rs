//! What a shell command does for a virtual environment. By its words alone.

use std::collections::BTreeMap;

use super::lines::HOLE;

/// What `pip install` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Install {
    /// Requirement files.
    pub(super) files: Vec<String>,
    /// The project itself, editable, with these extras.
    pub(super) project: Option<Vec<String>>,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// It unsets SOURCE_DATE_EPOCH, or sets it to something that zip files can hold.
    UnsetsDate,
    /// It installs requirement files or the project.
    Installs(Install),
    /// It installs other things, or in another manner: the words behind `install`.
    InstallsOther(String),
    /// It brings pip itself up to date.
    RenewsPip,
    /// It makes a virtual environment in this folder.
    MakesVenv(String),
    /// It enters it: its programs come first on PATH.
    Enters(String),
    /// It has pip install into a folder instead (PIP_PREFIX).
    SetsPrefix(String),
    /// It puts what is installed in a folder on PYTHONPATH.
    Imports(String),
    /// It sets LD_LIBRARY_PATH to this.
    SetsLibraryPath(String),
    /// It calls nixpkgs' hook.
    CallsHook,
    /// It says something.
    Says,
    /// It looks whether there is such a file or folder.
    LooksFor(String),
    /// `if`, `then`, `for` and the like.
    Keyword,
    /// Anything else.
    Other,
}

/// Reads commands in their order: what a variable was set to is known to those after it.
#[derive(Default)]
pub(super) struct Reader {
    variables: BTreeMap<String, String>,
    /// Another folder was entered: paths mean others.
    has_moved: bool,
    /// The environment was changed, which an installer may depend on.
    has_exported: bool,
}

impl Reader {
    /// A reader that knows these variables.
    pub(super) fn knowing(variables: impl IntoIterator<Item = (String, String)>) -> Reader {
        Reader { variables: variables.into_iter().collect(), ..Reader::default() }
    }

    /// What is not understood may do as much as this word of it tells.
    pub(super) fn skip(&mut self, text: &str) {
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "_-./".contains(c)));
        self.has_moved |= words.clone().any(is_move);
        self.has_exported |= words.any(|word| ["export", "source", "."].contains(&word));
    }

    pub(super) fn read(&mut self, words: &[String]) -> Deed {
        let words: Vec<String> = words.iter().map(|word| self.expand(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let deed = self.of(&words);
        self.has_moved |= words.first().is_some_and(|word| is_move(word));
        match (&deed, words.first()) {
            (Deed::Other, Some(&("export" | "source" | "." | "set" | "eval"))) => self.has_exported = true,
            // venvfix is called there, and sees what was exported before.
            (Deed::Enters(_), _) => self.has_exported = false,
            _ => {}
        }
        deed
    }

    fn of(&mut self, words: &[&str]) -> Deed {
        match words {
            ["unset", "SOURCE_DATE_EPOCH"] | ["unset", "-v", "SOURCE_DATE_EPOCH"] => Deed::UnsetsDate,
            ["venvShellHook"] | ["runHook", "venvShellHook"] => Deed::CallsHook,
            ["echo" | "printf", ..] => Deed::Says,
            [] | [":" | "true"] => Deed::Says,
            [word, ..] if KEYWORDS.contains(word) => Deed::Keyword,
            ["test", ..] | ["[", .., "]"] | ["[[", .., "]]"] | ["!", ..] => looks_for(words),
            ["export", assignment] | [assignment] if assignment.contains('=') => self.assigns(assignment),
            _ if self.has_moved => {
                installed(words).map_or(Deed::Other, |what| Deed::InstallsOther(what.join(" ")))
            }
            ["source" | ".", file] => enters(file),
            _ => match installs(words) {
                Some(Deed::Installs(_)) if self.has_exported => {
                    Deed::InstallsOther(installed(words).unwrap_or_default().join(" "))
                }
                Some(deed) => deed,
                None => makes_venv(words).unwrap_or(Deed::Other),
            },
        }
    }

    fn assigns(&mut self, assignment: &str) -> Deed {
        let Some((name, value)) = assignment.split_once('=') else { return Deed::Other };
        let folder = folder(value);
        let deed = match (name, &folder) {
            // Now, or the first day that zip files know.
            ("SOURCE_DATE_EPOCH", _) if ["$(date +%s)", "315532800"].contains(&value) => Deed::UnsetsDate,
            ("LD_LIBRARY_PATH", _) => Deed::SetsLibraryPath(value.to_owned()),
            ("PIP_PREFIX", Some(folder)) => Deed::SetsPrefix(folder.clone()),
            ("PATH", _) => first_on_path(value).map_or(Deed::Other, Deed::Enters),
            ("PYTHONPATH", _) => first_on_python_path(value).map_or(Deed::Other, Deed::Imports),
            _ => Deed::Other,
        };
        match folder {
            Some(folder) if name != "PATH" => self.variables.insert(name.to_owned(), folder),
            _ => self.variables.remove(name),
        };
        deed
    }

    /// Puts in the values of variables that are known.
    fn expand(&self, word: &str) -> String {
        let mut word = word.to_owned();
        for (name, value) in &self.variables {
            word = word.replace(&format!("${{{name}}}"), value);
            let plain = format!("${name}");
            let mut from = 0;
            while let Some(at) = word[from..].find(&plain).map(|at| at + from) {
                let end = at + plain.len();
                let ends = !word[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
                if ends {
                    word.replace_range(at..end, value);
                }
                from = if ends { at + value.len() } else { end };
            }
        }
        word
    }
}

const KEYWORDS: [&str; 14] =
    ["if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}"];

fn is_move(word: &str) -> bool {
    ["cd", "pushd", "popd"].contains(&word)
}

/// Longer paths are nobody's.
const MAX_FOLDER: usize = 400;

/// A folder of the project, without `./` and the like; `None` for any other.
fn folder(word: &str) -> Option<String> {
    let here = ["$PWD/", "${PWD}/", "$(pwd)/", "./"];
    let rest = here.iter().find_map(|here| word.strip_prefix(here)).unwrap_or(word);
    let rest = rest.trim_start_matches("./").trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/+-".contains(c);
    let inside = !rest.starts_with(['/', '-']) && !rest.split('/').any(|part| part == "..");
    // A variable may double itself.
    let short = rest.len() <= MAX_FOLDER;
    (short && !rest.is_empty() && rest.chars().all(plain) && inside && rest != ".").then(|| rest.to_owned())
}

/// The folder of `bin/NAME` in it.
fn folder_of_program<'a>(word: &'a str, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| word.strip_suffix(name)?.strip_suffix("/bin/"))
}

fn enters(file: &str) -> Deed {
    let venv = folder_of_program(file, &["activate"]).and_then(folder);
    venv.map_or(Deed::Other, Deed::Enters)
}

/// The folder whose `bin` is put before all else on PATH.
fn first_on_path(value: &str) -> Option<String> {
    let rest = value.strip_suffix(":$PATH").or_else(|| value.strip_suffix(":${PATH}"))?;
    folder(rest.trim_end_matches('/').strip_suffix("/bin")?)
}

/// The folder whose site-packages are put on PYTHONPATH, and nothing else is.
fn first_on_python_path(value: &str) -> Option<String> {
    let (first, rest) = value.split_once(':').unwrap_or((value, ""));
    let old = ["", "$PYTHONPATH", "${PYTHONPATH}", "${PYTHONPATH-}", "${PYTHONPATH:-}"];
    if !old.contains(&rest) {
        return None;
    }
    let first = first.trim_end_matches('/');
    match first.strip_suffix(&format!("/{HOLE}")) {
        Some(place) => folder(place),
        None => folder(first.strip_suffix("/site-packages")?.rsplit_once("/lib/python")?.0),
    }
}

/// A condition on one file: `[ ! -d .venv ]`.
fn looks_for(words: &[&str]) -> Deed {
    let inner = match words {
        ["!", rest @ ..] => rest,
        all => all,
    };
    let condition = match inner {
        ["test", rest @ ..] | ["[", rest @ .., "]"] | ["[[", rest @ .., "]]"] => rest,
        _ => return Deed::Other,
    };
    let file = match condition {
        ["!", "-d" | "-e" | "-f", file] | ["-d" | "-e" | "-f", file] => folder(file),
        _ => None,
    };
    file.map_or(Deed::Other, Deed::LooksFor)
}

fn is_python(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    // The interpreter of some expression.
    word.chars().eq([HOLE])
        || name
            .strip_prefix("python")
            .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn makes_venv(words: &[&str]) -> Option<Deed> {
    let (arguments, with_value): (&[&str], &[&str]) = match words {
        [python, "-m", "venv", rest @ ..] if is_python(python) => (rest, &["--prompt"]),
        [python, "-m", "virtualenv", rest @ ..] if is_python(python) => (rest, &["-p", "--python"]),
        ["virtualenv", rest @ ..] => (rest, &["-p", "--python"]),
        ["uv", "venv", rest @ ..] => (rest, &["-p", "--python"]),
        _ => return None,
    };
    let mut places = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(word) = arguments.next() {
        match word {
            word if with_value.contains(word) => {
                arguments.next()?;
            }
            // Those would be another venv than venvfix makes.
            word if ["--system-site-packages", "--clear", "--without-pip"].contains(word) => return None,
            word if word.starts_with('-') => {}
            word => places.push(*word),
        }
    }
    match places.as_slice() {
        [place] => folder(place).map(Deed::MakesVenv),
        [] if words.first() == Some(&"uv") => Some(Deed::MakesVenv(".venv".to_owned())),
        _ => None,
    }
}

/// The words behind `pip install`, whoever is called for it.
fn installed<'a>(words: &'a [&'a str]) -> Option<&'a [&'a str]> {
    match words {
        ["uv", "pip", "install", rest @ ..] => Some(rest),
        [python, "-m", "pip", "install", rest @ ..] if is_python(python) => Some(rest),
        [pip, "install", rest @ ..] => {
            let name = pip.rsplit('/').next().unwrap_or(pip);
            ["pip", "pip3"].contains(&name).then_some(rest)
        }
        _ => None,
    }
}

fn installs(words: &[&str]) -> Option<Deed> {
    let words = installed(words)?;
    let quiet =
        |word: &&&str| !["-q", "-qq", "--quiet", "--disable-pip-version-check", "--no-input"].contains(*word);
    let words: Vec<&str> = words.iter().filter(quiet).copied().collect();
    let of_pip = |word: &&str| ["pip", "setuptools", "wheel", "-U", "--upgrade"].contains(word);
    if words.contains(&"pip") && words.iter().all(of_pip) {
        return Some(Deed::RenewsPip);
    }
    Some(requirements(&words).map_or_else(|| Deed::InstallsOther(words.join(" ")), Deed::Installs))
}

/// What the words ask for, if that is nothing but requirement files and the project.
fn requirements(words: &[&str]) -> Option<Install> {
    let mut found = Install::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, value),
            None if word.starts_with("-r") && word.len() > 2 => word.split_at(2),
            None => (*word, *words.next()?),
        };
        match name {
            "-r" | "--requirement" => found.files.push(folder(value)?),
            "-e" | "--editable" if found.project.is_none() => found.project = Some(extras(value)?),
            _ => return None,
        }
    }
    (found != Install::default()).then_some(found)
}

/// The extras in `.[dev,test]`.
fn extras(project: &str) -> Option<Vec<String>> {
    let rest = project.strip_prefix("./").or_else(|| project.strip_prefix('.'))?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let names = rest.strip_prefix('[')?.strip_suffix(']')?.split(',').map(|name| name.trim().to_owned());
    let names: Vec<String> = names.collect();
    names.iter().all(|name| crate::project_name::is_valid(name)).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::super::commands::commands;
    use super::*;

    fn deeds(line: &str) -> Vec<Deed> {
        let mut reader = Reader::knowing([("venvDir".to_owned(), "env".to_owned())]);
        let found = commands(line).unwrap_or_default();
        found.iter().map(|command| reader.read(&command.words)).collect()
    }

    fn install(files: &[&str], project: Option<&[&str]>) -> Deed {
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        Deed::Installs(Install { files: own(files), project: project.map(own) })
    }

    #[test]
    fn what_is_installed() {
        let cases = [
            ("pip install -r requirements.txt", install(&["requirements.txt"], None)),
            ("pip3 install -q -r ./a.txt -rb.txt", install(&["a.txt", "b.txt"], None)),
            ("python -m pip install --requirement=a/b.txt", install(&["a/b.txt"], None)),
            (".venv/bin/pip install -e .", install(&[], Some(&[]))),
            ("uv pip install -e '.[dev, test]' -r r.txt", install(&["r.txt"], Some(&["dev", "test"]))),
            ("pip install --upgrade pip", Deed::RenewsPip),
            ("pip install pdbpp poetry", Deed::InstallsOther("pdbpp poetry".into())),
            ("pip install -U -r requirements.txt", Deed::InstallsOther("-U -r requirements.txt".into())),
            ("pip install -r ../r.txt", Deed::InstallsOther("-r ../r.txt".into())),
            ("pip install -e ./lib", Deed::InstallsOther("-e ./lib".into())),
            ("pip install -e .[$(x)]", Deed::InstallsOther("-e .[$(x)]".into())),
            ("pip install", Deed::InstallsOther(String::new())),
            ("pip list", Deed::Other),
        ];
        for (line, wanted) in cases {
            assert_eq!(deeds(line), [wanted], "{line}");
        }
    }

    #[test]
    fn what_makes_and_enters_a_venv() {
        let made = |place: &str| Deed::MakesVenv(place.into());
        let cases = [
            ("python3 -m venv .venv", made(".venv")),
            ("python3.12 -m venv --prompt x \"$PWD/.venv\"", made(".venv")),
            ("\u{f8ff} -m venv $venvDir", made("env")),
            ("\u{f8ff}/bin/python -m venv ${venvDir}/", made("env")),
            ("virtualenv --no-setuptools venv", made("venv")),
            ("virtualenv -p python3 .venv", made(".venv")),
            ("uv venv", made(".venv")),
            ("python -m venv --system-site-packages .venv", Deed::Other),
            ("python -m venv /tmp/venv", Deed::Other),
            ("python -m venv $HOME/venv", Deed::Other),
            ("python -m http.server", Deed::Other),
            (". .venv/bin/activate", Deed::Enters(".venv".into())),
            ("export PATH=$PWD/venv/bin:$PATH", Deed::Enters("venv".into())),
            ("export PATH=$PATH:venv/bin", Deed::Other),
            ("source .env", Deed::Other),
            ("PYTHONPATH=$PWD/$venvDir/\u{f8ff}/:$PYTHONPATH", Deed::Imports("env".into())),
            ("export PYTHONPATH=venv/lib/python2.7/site-packages/:$PYTHONPATH", Deed::Imports("venv".into())),
            ("export PYTHONPATH=$PWD/src:$PYTHONPATH", Deed::Other),
            ("[ ! -d .venv ]", Deed::LooksFor(".venv".into())),
            ("! test -f .venv/bin/activate", Deed::LooksFor(".venv/bin/activate".into())),
            ("[ -z \"$X\" ]", Deed::Other),
        ];
        for (line, wanted) in cases {
            assert_eq!(deeds(line), [wanted], "{line}");
        }
    }

    #[test]
    fn variables_that_were_set_are_known() {
        let found = deeds(
            "V=./.venv; python -m venv \"$V\"; source ${V}/bin/activate; echo $VV; V=$X; . $V/bin/activate",
        );
        let venv = ".venv".to_owned();
        assert_eq!(found[1..3], [Deed::MakesVenv(venv.clone()), Deed::Enters(venv)]);
        assert_eq!(found[5], Deed::Other);
        let line = "export PIP_PREFIX=$(pwd)/_build/p; export PYTHONPATH=$PIP_PREFIX/\u{f8ff}:$PYTHONPATH; export PATH=$PIP_PREFIX/bin:$PATH";
        let prefix = "_build/p".to_owned();
        assert_eq!(
            deeds(line),
            [Deed::SetsPrefix(prefix.clone()), Deed::Imports(prefix.clone()), Deed::Enters(prefix)]
        );
    }

    #[test]
    fn a_variable_that_doubles_itself_is_not_followed_for_ever() {
        let line = format!("V=xx; {} python -m venv $V", "V=$V$V; ".repeat(200));
        assert_eq!(deeds(&line).last(), Some(&Deed::Other));
    }

    #[test]
    fn in_another_folder_paths_mean_others() {
        let stays = Deed::InstallsOther("-r requirements.txt".into());
        assert_eq!(deeds("cd backend; pip install -r requirements.txt")[1], stays);
        assert_eq!(
            deeds("pushd x; python -m venv .venv; . .venv/bin/activate")[1..],
            [Deed::Other, Deed::Other]
        );
        let mut reader = Reader::default();
        reader.skip("(cd backend; ls)");
        assert_eq!(reader.read(&["pip", "install", "-r", "requirements.txt"].map(str::to_owned)), stays);
    }

    #[test]
    fn what_is_exported_before_an_installation_may_matter_to_it() {
        let stays = Deed::InstallsOther("-r r.txt".into());
        for line in ["export PIP_INDEX_URL=https://x/", ". .env", "source secrets.sh", "set -a"] {
            assert_eq!(deeds(&format!("{line}; pip install -r r.txt"))[1], stays, "{line}");
        }
        // venvfix is called where the venv is entered.
        let found = deeds("export CFLAGS=-O1; source .venv/bin/activate; pip install -r r.txt");
        assert_eq!(found[2], install(&["r.txt"], None));
        assert_eq!(deeds("X=1; pip install -r r.txt")[1], install(&["r.txt"], None));
    }

    #[test]
    fn the_date_is_unset_or_set_anew() {
        for line in
            ["unset SOURCE_DATE_EPOCH", "SOURCE_DATE_EPOCH=$(date +%s)", "export SOURCE_DATE_EPOCH=315532800"]
        {
            assert_eq!(deeds(line), [Deed::UnsetsDate], "{line}");
        }
        for line in ["unset SOURCE_DATE_EPOCH LD_PRELOAD", "export SOURCE_DATE_EPOCH=1700000000"] {
            assert_eq!(deeds(line), [Deed::Other]);
        }
    }
}
