//! Where a shell gets venvfix from, and how that is written.

/// Where the shell gets venvfix from. Paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `pkgs.venvfix` where the package set has it, else this program.
    PackageOrProgram(String),
    /// A program that is there already.
    Program(String),
    /// The same, for a pure evaluation, which takes nothing from outside.
    Linked(String),
    /// A folder with this project's sources.
    Checkout(String),
    /// The URL of a tarball of them.
    Tarball(String),
    /// A flake reference: `github:OWNER/REPOSITORY?dir=nix`.
    Flake(String),
}

/// The binding of `venvfix`, a package, where nixpkgs is called `nixpkgs`.
pub fn package(source: &Source, nixpkgs: &str) -> String {
    match source {
        Source::PackageOrProgram(path) => format!(
            "# From the package set, where it has venvfix; else the program that wrote this file. To pin a\n\
             # release instead: venvfix = import \"${{builtins.fetchTarball \"URL\"}}/nix\" {{ {} }};\n\
             venvfix = {nixpkgs}.venvfix or ({});",
            inherited(nixpkgs),
            wrapped(path, nixpkgs)
        ),
        Source::Program(path) => {
            format!("# A program that is there already.\nvenvfix = {};", wrapped(path, nixpkgs))
        }
        Source::Linked(path) => {
            format!("# A program that is there already.\nvenvfix = {};", linked(path, nixpkgs))
        }
        Source::Checkout(_) | Source::Tarball(_) | Source::Flake(_) => {
            format!("venvfix = import {} {{ {} }};", below(source, ""), inherited(nixpkgs))
        }
    }
}

/// The binding of `venvfixShellHook`, which takes the place of nixpkgs' `venvShellHook`.
pub fn hook(source: &Source, nixpkgs: &str) -> String {
    const WHY: &str =
        "# In place of venvShellHook: makes the venv, installs the requirements, says what is missing.";
    let value = match source {
        Source::PackageOrProgram(path) => {
            let hook = setup_hook(&wrapped(path, nixpkgs), nixpkgs);
            format!("{nixpkgs}.venvfixShellHook or (\n{})", deeper(&hook))
        }
        Source::Program(path) => {
            format!("\n{}", deeper(&setup_hook(&wrapped(path, nixpkgs), nixpkgs)).trim_end())
        }
        Source::Linked(path) => {
            let hook = setup_hook(&linked(path, nixpkgs), nixpkgs);
            format!("{nixpkgs}.venvfixShellHook or (\n{})", deeper(&hook))
        }
        Source::Checkout(_) | Source::Tarball(_) | Source::Flake(_) => format!(
            "{nixpkgs}.callPackage {} {{\n  python = null;\n  venvfix = import {} {{ {} }};\n}}",
            below(source, "/shell-hook.nix"),
            below(source, ""),
            inherited(nixpkgs)
        ),
    };
    let space = if value.starts_with('\n') { "" } else { " " };
    format!("{WHY}\nvenvfixShellHook ={space}{value};")
}

/// What `nix/shell-hook.nix` makes, of a package for a program that is there already.
fn setup_hook(program: &str, nixpkgs: &str) -> String {
    let program = deeper(program);
    format!(
        "let\n  venvfix = {};\nin\n{nixpkgs}.makeSetupHook {{\n  name = \"venvfix-shell-hook\";\n  \
         propagatedBuildInputs = [ venvfix ];\n  substitutions = {{\n    program = \"${{venvfix}}/bin/venvfix\";\n    \
         release = {nixpkgs}.lib.trivial.release;\n  }};\n}} (builtins.toFile \"venvfix-shell-hook.bash\" ''\n  \
         export VENVFIX_NIXPKGS_RELEASE=@release@\n  eval \"$(@program@ hook nix)\"\n'')",
        program.trim()
    )
}

/// Lines, two blanks further in.
fn deeper(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn inherited(nixpkgs: &str) -> String {
    if nixpkgs == "pkgs" { "inherit pkgs;".to_owned() } else { format!("pkgs = {nixpkgs};") }
}

/// A file of the sources' folder `nix`.
fn below(source: &Source, file: &str) -> String {
    match source {
        Source::Checkout(path)
        | Source::PackageOrProgram(path)
        | Source::Program(path)
        | Source::Linked(path) => {
            format!("(/. + {})", quoted(&format!("{path}/nix{file}")))
        }
        Source::Tarball(url) | Source::Flake(url) => {
            format!("\"${{builtins.fetchTarball {}}}/nix{file}\"", quoted(url))
        }
    }
}

/// A package that leads to a program outside the package set.
fn wrapped(path: &str, nixpkgs: &str) -> String {
    if let Some(package) = package_of(path) {
        // As a store path, it is kept from the garbage collector while the shell is.
        return format!("builtins.storePath {}", quoted(&package));
    }
    linked(path, nixpkgs)
}

/// A package with a link to a program.
fn linked(path: &str, nixpkgs: &str) -> String {
    format!(
        "{nixpkgs}.runCommand \"venvfix\" {{ program = {}; }} ''\n  mkdir -p $out/bin\n  ln -s \"$program\" $out/bin/venvfix\n''",
        quoted(path)
    )
}

/// `/nix/store/HASH-venvfix-0.1.0` of `/nix/store/HASH-venvfix-0.1.0/bin/venvfix`.
fn package_of(path: &str) -> Option<String> {
    let package = path.strip_suffix("/bin/venvfix")?;
    let name = package.strip_prefix("/nix/store/")?;
    (!name.contains('/')).then(|| package.to_owned())
}

/// A Nix string literal (Nix manual, "String"): `\`, `"` and `${` have a meaning in it.
pub(super) fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${");
    format!("\"{}\"", escaped.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t"))
}
