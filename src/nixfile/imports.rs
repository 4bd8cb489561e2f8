//! Imports that give a file its arguments by name: such a file cannot ask for more by itself, as one can that
//! `callPackage` calls.

use rnix::ast::{self, Expr, HasEntry};
use rowan::ast::AstNode;

use super::syntax::{self, Call, attribute_names, bare, position, start};

/// `import ./x.nix { inherit a b; }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The file, as written.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What it is given.
    pub names: Vec<String>,
}

/// The imports of a Nix file with all that they give written out; none of one that cannot be read.
pub fn imports(source: &str) -> Vec<Import> {
    let Ok(root) = syntax::parse(source) else { return Vec::new() };
    let applications = root.syntax().descendants().filter_map(ast::Apply::cast);
    applications.filter_map(|apply| import(&apply, source)).collect()
}

fn import(apply: &ast::Apply, source: &str) -> Option<Import> {
    let call = Call::new(apply)?;
    let [file, given] = call.arguments.as_slice() else { return None };
    if !matches!(call.name().as_str(), "import" | "builtins.import") {
        return None;
    }
    let (Expr::PathRel(file), Expr::AttrSet(given)) = (bare(file.clone())?, bare(given.clone())?) else {
        return None;
    };
    let (line, _) = position(source, start(apply.syntax()));
    Some(Import { file: file.to_string(), line, names: names(&given) })
}

fn names(given: &ast::AttrSet) -> Vec<String> {
    let bound =
        given.attrpath_values().filter_map(|entry| attribute_names(entry.attrpath()).into_iter().next()?);
    let inherited =
        given.inherits().flat_map(|inherit| inherit.attrs()).map(|attribute| attribute.to_string());
    bound.chain(inherited).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_import_gives_by_name_is_told() {
        let source =
            "let pkgs = 1; in\nimport ./nix/dev.nix { inherit (pkgs) mkShell zlib; a.b = 1; inherit c; }";
        let names = ["a", "mkShell", "zlib", "c"].map(String::from).into();
        assert_eq!(imports(source), [Import { file: "./nix/dev.nix".into(), line: 2, names }]);
    }

    #[test]
    fn whole_sets_and_other_functions_are_none() {
        for source in
            ["import ./a.nix pkgs", "callPackage ./a.nix { }", "import ./a.nix", "import <a> { }", "a ("]
        {
            assert_eq!(imports(source), [], "{source}");
        }
    }
}
