//! The text of the shell.nix that `init` writes.

const TEMPLATE: &str = include_str!("../nix/shell.template.nix");

/// Where the shell gets venvfix from. Paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `pkgs.venvfix` where the package set has it, else this program.
    PackageOrProgram(String),
    /// A program that is there already.
    Program(String),
    /// A folder with this project's sources.
    Checkout(String),
    /// The URL of a tarball of them.
    Tarball(String),
}

/// A complete shell.nix.
pub fn shell_nix(source: &Source) -> String {
    let definition: String = definition(source).lines().map(|line| format!("  {line}\n")).collect();
    TEMPLATE.replacen("@venvfix@\n", &definition, 1)
}

fn definition(source: &Source) -> String {
    match source {
        Source::PackageOrProgram(path) => format!(
            "# From the package set, where it has venvfix; else the program that wrote this file. To pin a\n\
             # release instead: venvfix = import \"${{builtins.fetchTarball \"URL\"}}/nix\" {{ inherit pkgs; }};\n\
             venvfix = pkgs.venvfix or ({});",
            wrapped(path)
        ),
        Source::Program(path) => format!("# A program that is there already.\nvenvfix = {};", wrapped(path)),
        Source::Checkout(path) => {
            format!("venvfix = import (/. + {}) {{ inherit pkgs; }};", quoted(&format!("{path}/nix")))
        }
        Source::Tarball(url) => {
            format!(
                "venvfix = import \"${{builtins.fetchTarball {}}}/nix\" {{ inherit pkgs; }};",
                quoted(url)
            )
        }
    }
}

/// A package that leads to a program outside the package set.
fn wrapped(path: &str) -> String {
    if let Some(package) = package_of(path) {
        // As a store path, it is kept from the garbage collector while the shell is.
        return format!("builtins.storePath {}", quoted(&package));
    }
    format!(
        "pkgs.runCommand \"venvfix\" {{ program = {}; }} ''\n  mkdir -p $out/bin\n  ln -s \"$program\" $out/bin/venvfix\n''",
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
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${");
    format!("\"{}\"", escaped.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_gives_a_file_that_parses_and_sets_no_library_path() {
        let hostile = "/home/a b/\"${x}\\".to_owned();
        let sources = [
            Source::PackageOrProgram(hostile.clone()),
            Source::PackageOrProgram("/nix/store/abc-venvfix-0.1.0/bin/venvfix".into()),
            Source::Program(hostile.clone()),
            Source::Checkout(hostile),
            Source::Tarball("https://example.org/v1.tar.gz".into()),
        ];
        for source in &sources {
            let text = shell_nix(source);
            let parsed = rnix::Root::parse(&text);
            assert!(parsed.errors().is_empty(), "{:?}\n{text}", parsed.errors());
            assert!(!text.contains("LD_LIBRARY_PATH") && !text.contains('@'), "{text}");
        }
    }

    #[test]
    fn a_program_in_the_store_is_named_by_its_package() {
        let text = shell_nix(&Source::Program("/nix/store/abc-venvfix-0.1.0/bin/venvfix".into()));
        assert!(text.contains("builtins.storePath \"/nix/store/abc-venvfix-0.1.0\""), "{text}");
    }
}
