//! init writes a shell.nix, and never over one that is there.

use super::support::{Folder, VENVFIX, venvfix};

#[test]
fn it_writes_a_file_that_parses_and_refuses_to_overwrite() {
    let folder = Folder::new();
    folder.write("requirements.txt", "numpy\n");
    venvfix(folder.path(), ["init"]).exits(0).says(&["wrote", "help: nix-shell"]);
    let text = folder.read("shell.nix");
    for part in
        ["stdenv.cc.cc.lib", "openssl", "zlib", "libxml2", "pkgs.python3", "venvfix: libraries", VENVFIX]
    {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains("LD_LIBRARY_PATH"));
    folder.write("shell.nix", "mine");
    venvfix(folder.path(), ["init"]).exits(3).says(&["is there already", "--force"]);
    assert_eq!(folder.read("shell.nix"), "mine");
    venvfix(folder.path(), ["init", "--force"]).exits(0);
    assert_eq!(folder.read("shell.nix"), text);
}

#[test]
fn the_source_may_be_a_program_a_checkout_or_a_url() {
    let folder = Folder::new();
    let checkout = env!("CARGO_MANIFEST_DIR");
    for (source, wanted) in [
        (VENVFIX, format!("program = \"{VENVFIX}\"")),
        (checkout, format!("import (/. + \"{checkout}/nix\") {{ inherit pkgs; }}")),
        ("https://example.org/v.tar.gz", "fetchTarball \"https://example.org/v.tar.gz\"".into()),
    ] {
        venvfix(folder.path(), ["init", "--force", "--source", source]).exits(0);
        let text = folder.read("shell.nix");
        assert!(text.contains(&wanted) && !text.contains("pkgs.venvfix or"), "{text}");
    }
    venvfix(folder.path(), ["init", "--force", "--source", "/etc"])
        .exits(2)
        .says(&["neither a program nor a checkout"]);
    venvfix(folder.path(), ["init", "--force", "--source", "./none"]).exits(3).says(&["./none"]);
}
