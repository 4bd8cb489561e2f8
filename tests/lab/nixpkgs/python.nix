# CPython 3.11 from Debian, arranged as nixpkgs arranges it.
final:
let
  inherit (final) lib;
  libPrefix = "python3.11";
  sitePackages = "lib/${libPrefix}/site-packages";

  binaries = final.rawDerivation {
    name = "python3-binaries";
    script = ./build/python-binaries.sh;
    debs = [ (final.debFile "libpython3.11") ];
    launcher = ./build/python-launcher.c;
    wrapper = ./build/python-wrapper.c;
    inherit (final) expat zlib;
  };

  python = final.rawDerivation {
    name = "python3-3.11.2";
    script = ./build/python.sh;
    debs = map final.debFile python.debNames;
    elfTools = ./build/elf-tools.sh;
    setupHook = builtins.replaceStrings [ "@sitePackages@" ] [ sitePackages ] (builtins.readFile ./setup/python-hook.sh);
    sitecustomize = ./build/sitecustomize.py;
    inherit binaries;
    inherit (final) expat zlib glibc;
    needs = map lib.getLib (with final; [
      bzip2 db expat gdbm libffi libxcrypt ncurses openssl readline sqlite util-linux xz zlib
    ]) ++ [ final.glibc ];
    # Another value gives the same python at another store path.
    marker = final.config.pythonMarker or "";
    passthru = {
      debNames = [
        "libpython3.11" "libpython3.11-minimal" "libpython3.11-stdlib" "python3-distutils" "python3-lib2to3"
        "python3-pip-whl" "python3-setuptools-whl" "python3-tk" "python3.11-venv"
      ];
      pname = "python3";
      version = "3.11.2";
      pythonVersion = "3.11";
      inherit libPrefix sitePackages withPackages;
      executable = libPrefix;
      interpreter = "${python}/bin/${libPrefix}";
      pkgs = final.python311Packages;
      meta.mainProgram = libPrefix;
    };
  };

  # An environment of symlinks whose programs are small compiled wrappers, as in nixpkgs.
  withPackages = choose: final.rawDerivation {
    name = "python3-3.11.2-env";
    script = ./build/python-environment.sh;
    packages = choose final.python311Packages ++ [ python ];
    inherit binaries python;
    inherit (final) glibc;
    passthru = { inherit sitePackages libPrefix; inherit (python) pname version pythonVersion executable; };
  };

  # A module with nothing in it, installed as nixpkgs' python packages are.
  stubModule = pname: version: final.runCommand "python3.11-${pname}-${version}"
    { propagatedBuildInputs = [ python ]; passthru = { inherit pname version; pythonModule = python; }; } ''
    target="$out/${sitePackages}"
    info="$target/${pname}-${version}.dist-info"
    mkdir -p "$target/${pname}" "$info"
    echo "__version__ = '${version}'" > "$target/${pname}/__init__.py"
    printf 'Metadata-Version: 2.1\nName: %s\nVersion: %s\n' ${pname} ${version} > "$info/METADATA"
    printf 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n' > "$info/WHEEL"
    echo pypaInstall > "$info/INSTALLER"
    printf '%s,,\n' ${pname}/__init__.py ${pname}-${version}.dist-info/{METADATA,WHEEL,INSTALLER,RECORD} > "$info/RECORD"
    recordPropagatedInputs "$out"
  '';
in
{
  python311 = python;
  python3 = final.python311;
  python = final.python311;

  python311Packages = {
    python = final.python311;
    requests = stubModule "requests" "2.31.0";
    venvShellHook = final.makeSetupHook
      {
        name = "venv-shell-hook";
        propagatedBuildInputs = [ final.python311 ];
        substitutions.interpreter = final.python311.interpreter;
      } ./setup/venv-shell-hook.sh;
  };
  python3Packages = final.python311Packages;
}
