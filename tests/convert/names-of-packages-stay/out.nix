{ pkgs ? import <nixpkgs> { } }:
with pkgs;

let
	pythonPackages = pkgs.python311Packages;

	# In its place.
	venvfixShellHook = pkgs.venvfixShellHook;
in

mkShell {
	venvDir = "./.venv.11";
	buildInputs = with pkgs; [
		pythonPackages.python
		venvfixShellHook
		zlib
	];

	postVenvCreation = ''
		pip install pdbpp poetry
	'';
}
