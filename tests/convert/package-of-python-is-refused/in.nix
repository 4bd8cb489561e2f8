with import <nixpkgs> { };
python3Packages.buildPythonPackage {
  name = "mine";
  src = ./.;
  propagatedBuildInputs = with python3Packages; [ requests ];
}
