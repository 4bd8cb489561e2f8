{ pkgs ? import <nixpkgs> { } }:
with pkgs;

let
	pythonPackages = pkgs.python311Packages;
in

mkShell {
	venvDir = "./.venv.11";
	buildInputs = with pkgs; [
		pythonPackages.python
		pythonPackages.venvShellHook
		zlib
	];

	postVenvCreation = ''
		unset SOURCE_DATE_EPOCH
		pip install pdbpp poetry
	'';
}
