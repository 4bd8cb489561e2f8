# A setup hook, used like nixpkgs' venvShellHook: pkgs.callPackage ./shell-hook.nix { python = null; }
{
  lib,
  makeSetupHook,
  venvfix,
  # For a shell that names no other. The first python3 on PATH makes the venv.
  python ? null,
}:

makeSetupHook {
  name = "venvfix-shell-hook";
  propagatedBuildInputs = [ venvfix ] ++ lib.optional (python != null) python;
  # `venvfix hook bash` prints the same, for a process at each start of the shell.
  substitutions = {
    program = "${venvfix}/bin/venvfix";
    release = lib.trivial.release;
  };
} (
  builtins.toFile "venvfix-shell-hook.bash" (
    builtins.readFile ../hooks/venvfix.bash + builtins.readFile ./venvfix-shell-hook.bash
  )
)
