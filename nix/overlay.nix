# import <nixpkgs> { overlays = [ (import ./nix/overlay.nix) ]; }
final: prev: {
  venvfix = import ./default.nix { pkgs = final; };

  venvfixShellHook = final.callPackage ./shell-hook.nix { python = null; };

  mkVenvShell = final.callPackage ./mk-venv-shell.nix { };

  # python312Packages.venvfixShellHook brings that python, as python312Packages.venvShellHook does.
  pythonPackagesExtensions = prev.pythonPackagesExtensions or [ ] ++ [
    (python: _: {
      venvfixShellHook = final.venvfixShellHook.override { inherit (python) python; };
    })
  ];
}
