//! The command line: types and help texts, no I/O.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::nixfile::{At, Wish};

const FIRST_STEPS: &str = "\
First steps, in a folder with a requirements.txt or pyproject.toml:
  venvfix init              writes shell.nix, or converts it
  nix-shell                 makes .venv, installs, says what is missing
  venvfix doctor            says it in full
  venvfix add-lib NAME      adds what is missing to shell.nix

Exit codes: 0 fine, 1 errors found, 2 wrong usage or settings, 3 could not do the job, 130 interrupted.
VENVFIX_SKIP=1 makes the shell's hook do nothing. VENVFIX_DEADLINE: the seconds that an installation may
take where there is no terminal (3600; 0: no end).";

/// Keeps a pip virtual environment working inside a Nix shell.
#[derive(Debug, Parser)]
#[command(name = "venvfix", version, max_term_width = 100, disable_help_subcommand = true, after_help = FIRST_STEPS)]
pub struct Cli {
    /// Work as if started in this folder.
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,

    /// Say only what is wrong.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more: why, where, which objects.
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// Start no Nix: neither nix-instantiate nor nix-locate is asked.
    #[arg(long, global = true)]
    pub offline: bool,

    /// When to use colours: auto, always or never; NO_COLOR is obeyed.
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, hide_possible_values = true)]
    pub color: Color,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a shell.nix with Python, the usual system libraries and venvfix, or convert the one that is there.
    ///
    /// A shell.nix with nixpkgs' venvShellHook, or with a venv that its shellHook makes, becomes one with venvfix:
    /// the difference is shown first. What the project's files ask for (Python, known libraries) is in a new one.
    Init(Init),
    /// Say which shared libraries the venv's wheels miss, and which nixpkgs attribute has each.
    ///
    /// Reads files only, without --fix: starts no program of the project or its venv.
    /// Exits 0 if nothing is wrong, 1 if something is, 2 on bad usage, 3 if it could not look.
    Doctor(Doctor),
    /// Add libraries to shell.nix: attributes, SONAMEs or PyPI names.
    ///
    /// For example: venvfix add-lib zlib libGL.so.1 python-magic
    AddLib(AddLib),
    /// Take libraries out of shell.nix, under whatever names they stand there.
    ///
    /// Takes the line of each with it, and the comment that ends that line; an argument of the file's function
    /// stays. Exits 1 if a name is in none of the shell's lists; the others are removed all the same.
    RemoveLib(RemoveLib),
    /// Say what stands in the lists of shell.nix, where, and which wheels of the venv need it.
    ///
    /// What no wheel needs may still be used: by a build from source, a program, or a package that opens it in a
    /// way that its files do not tell. Starts nothing.
    ListLibs(ListLibs),
    /// Say which nixpkgs attribute has what: a SONAME, header, -lNAME, pkg-config module, program or PyPI name.
    ///
    /// For example: venvfix which libz.so.1 openssl/ssl.h -lpq
    ///
    /// A word of several kinds counts as an attribute first, then as a program, a pkg-config module, a PyPI
    /// name; the others are mentioned. One that is none lists near names.
    ///
    /// Exits 0 if each name has an attribute, else 1.
    Which(Which),
    /// Say what requirements will need on NixOS, without Nix: downloads the wheels and reads them.
    Preview(Preview),
    /// Run a command in the venv's environment, without a shell: venvfix run -- python app.py
    Run(Run),
    /// Bring the venv up to date, whatever was done to it by hand: install, mend, say what is missing.
    Sync(Sync),
    /// Put the provider into a venv that another tool made (tox, pre-commit, python -m venv).
    Provide(ProvidePath),
    /// Bring the venv up to date and print the environment changes (called by the hook).
    Enter(Enter),
    /// Print the hook for a shell: `eval "$(venvfix hook bash)"` defines venvfix-enter.
    ///
    /// The same for zsh; for fish: `venvfix hook fish | source`. For direnv it defines `use venvfix`.
    Hook(Hook),
}

/// `venvfix init`
#[derive(Args, Debug)]
pub struct Init {
    /// Write a flake.nix instead.
    #[arg(long)]
    pub flake: bool,

    /// Write an .envrc for direnv too; only that where the shell is there.
    #[arg(long)]
    pub envrc: bool,

    /// The Python of the shell, such as 3.12 [default: what .python-version or requires-python asks for, else python3].
    #[arg(long, value_name = "X.Y")]
    pub python: Option<String>,

    /// Convert the shell.nix that is there without asking.
    #[arg(short, long)]
    pub yes: bool,

    /// Overwrite what is there; the old file is kept beside it, unless it is committed.
    #[arg(long, conflicts_with = "yes")]
    pub force: bool,

    /// Where the shell gets venvfix from: a program, a checkout of venvfix, the URL of a tarball, or for a flake
    /// the reference of one [default: pkgs.venvfix, else this program].
    #[arg(long, value_name = "WHERE")]
    pub source: Option<String>,
}

/// `venvfix enter`
#[derive(Args, Debug)]
pub struct Enter {
    /// The shell to print for; json is for editors and other programs.
    #[arg(long, default_value = "bash")]
    pub shell: ShellName,
}

/// `venvfix hook`
#[derive(Args, Debug)]
pub struct Hook {
    /// The shell to print for.
    pub shell: HookName,
}

/// Shells that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// bash, as nix-shell starts it.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
    /// An .envrc of direnv.
    Direnv,
    /// One JSON object.
    Json,
}

/// Shells that have a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HookName {
    /// bash, as nix-shell starts it.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
    /// direnv's own configuration, or the top of an .envrc.
    Direnv,
    /// What takes the place of nixpkgs' venvShellHook, evaluated by a setup hook.
    Nix,
}

/// `venvfix run`
#[derive(Args, Debug)]
pub struct Run {
    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// `venvfix sync`
#[derive(Args, Debug)]
pub struct Sync {
    /// Make the venv anew; what was installed by hand is not in it.
    #[arg(long)]
    pub recreate: bool,
}

/// `venvfix provide`
#[derive(Args, Debug)]
pub struct ProvidePath {
    /// The venv.
    pub path: PathBuf,
}

/// `venvfix doctor`
#[derive(Args, Debug)]
pub struct Doctor {
    /// A venv or a project folder [default: the project here].
    pub path: Option<PathBuf>,

    /// How to report: human, json (its schema is 1), or github (annotations of an Actions run).
    #[arg(long, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    pub format: Format,

    /// Add to shell.nix all libraries that are sure to be right, and say what is left to do.
    ///
    /// In the project's own shell they are built and reach its Python at once. Exits 1 if errors are left.
    #[arg(long, conflicts_with = "format")]
    pub fix: bool,

    /// With --fix: show the change and write nothing.
    #[arg(long, requires = "fix")]
    pub dry_run: bool,

    /// Whose loader to reckon with: auto (the interpreter's own), host (the system's), or nix (of an
    /// interpreter from /nix/store, with nothing offered).
    #[arg(long, value_name = "WHICH", default_value = "auto", hide_possible_values = true)]
    pub loader: Loader,

    /// Make the programs that entry patched what they were, byte for byte, and report nothing.
    #[arg(long, conflicts_with_all = ["format", "loader"])]
    pub restore_programs: bool,
}

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// Schema 1.
    Json,
    /// Annotations of a GitHub Actions run.
    Github,
}

/// Whose loader to reckon with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Loader {
    /// The interpreter's own.
    Auto,
    /// One from /nix/store.
    Nix,
    /// The system's.
    Host,
}

/// `venvfix which`
#[derive(Args, Debug)]
pub struct Which {
    /// SONAMEs, headers, pkg-config modules, programs, PyPI names, attributes, or words.
    #[arg(value_name = "NAME", required_unless_present = "linked")]
    pub names: Vec<String>,

    /// A library as a linker is asked for it: -lpq.
    #[arg(short = 'l', value_name = "NAME")]
    pub linked: Vec<String>,

    /// How to report: human or json.
    #[arg(long, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    pub format: WhichFormat,
}

/// How to report what names stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhichFormat {
    /// For people.
    Human,
    /// A list.
    Json,
}

/// `venvfix preview`
#[derive(Args, Debug)]
pub struct Preview {
    /// Requirements, as pip takes them.
    #[arg(value_name = "REQUIREMENT", required_unless_present = "files")]
    pub requirements: Vec<String>,

    /// Requirement files.
    #[arg(short = 'r', long = "requirement", value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// The Python to look for wheels for, such as 3.13 [default: the python3 on PATH].
    #[arg(long, value_name = "X.Y")]
    pub python: Option<String>,

    /// How to report: human, json (its schema is 1), or github (annotations of an Actions run).
    #[arg(long, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    pub format: Format,
}

/// Which list of which Nix file is meant.
#[derive(Args, Debug)]
pub struct NixPlace {
    /// The Nix file [default: shell.nix, default.nix, flake.nix or devenv.nix of the project, or the file of the
    /// project that it takes the shell from].
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// The shell of this name, where a flake has several.
    #[arg(long, value_name = "NAME")]
    pub shell: Option<String>,

    /// The list, or the shell, that begins at this place of the file.
    #[arg(long, value_name = "LINE[:COLUMN]")]
    pub at: Option<At>,
}

impl NixPlace {
    /// What the user has chosen within the file.
    pub fn wish(&self) -> Wish {
        Wish { at: self.at, shell: self.shell.clone() }
    }
}

/// `venvfix add-lib`
#[derive(Args, Debug)]
pub struct AddLib {
    /// Attributes of nixpkgs, SONAMEs or PyPI names.
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,

    /// Which list is meant.
    #[command(flatten)]
    pub place: NixPlace,

    /// Show the change and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `venvfix remove-lib`
#[derive(Args, Debug)]
pub struct RemoveLib {
    /// Attributes of nixpkgs, SONAMEs or PyPI names.
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,

    /// Which list is meant.
    #[command(flatten)]
    pub place: NixPlace,

    /// Show the change and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `venvfix list-libs`
#[derive(Args, Debug)]
pub struct ListLibs {
    /// Which list is meant.
    #[command(flatten)]
    pub place: NixPlace,

    /// How to report: human or json (its schema is 1).
    #[arg(long, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    pub format: ListFormat,
}

/// How to report what a file lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Human,
    /// Schema 1.
    Json,
}
