# CPython from Debian, arranged as nixpkgs arranges it.
release: final:
let
  inherit (final) lib;
  inherit (release) pythonVersion;
  # With the patch level, which is the package's.
  inherit ((import (final.debs + "/index.nix"))."libpython${pythonVersion}") version;
  # The attribute, python311.
  name = "python${builtins.replaceStrings [ "." ] [ "" ] pythonVersion}";
  libPrefix = "python${pythonVersion}";
  sitePackages = "lib/${libPrefix}/site-packages";

  binaries = final.rawDerivation {
    name = "python3-binaries";
    script = ./build/python-binaries.sh;
    debs = [ (final.debFile "libpython${pythonVersion}") ];
    launcher = ./build/python-launcher.c;
    wrapper = ./build/python-wrapper.c;
    inherit pythonVersion;
    inherit (final) expat zlib;
  };

  python = final.rawDerivation {
    name = "python3-${version}";
    script = ./build/python.sh;
    debs = map final.debFile python.debNames;
    elfTools = ./build/elf-tools.sh;
    setupHook = builtins.replaceStrings [ "@sitePackages@" ] [ sitePackages ] (builtins.readFile ./setup/python-hook.sh);
    sitecustomize = ./build/sitecustomize.py;
    inherit binaries libPrefix;
    inherit (final) expat zlib glibc;
    needs = map lib.getLib (with final; [
      bzip2 db expat gdbm libffi libxcrypt ncurses openssl readline sqlite util-linux xz zlib
    ]) ++ [ final.glibc ];
    # Another value gives the same python at another store path.
    marker = final.config.pythonMarker or "";
    passthru = {
      debNames = release.pythonDebs;
      pname = "python3";
      inherit version pythonVersion libPrefix sitePackages withPackages;
      executable = libPrefix;
      interpreter = "${python}/bin/${libPrefix}";
      pkgs = final.python3Packages;
      meta.mainProgram = libPrefix;
    };
  };

  # An environment of symlinks whose programs are small compiled wrappers, as in nixpkgs.
  withPackages = choose: final.rawDerivation {
    name = "python3-${version}-env";
    script = ./build/python-environment.sh;
    packages = choose final.python3Packages ++ [ python ];
    inherit binaries python libPrefix;
    inherit (final) glibc;
    passthru = { inherit sitePackages libPrefix; inherit (python) pname version pythonVersion executable; };
  };

  # A module with nothing in it, installed as nixpkgs' python packages are.
  stubModule = pname: version: final.runCommand "${libPrefix}-${pname}-${version}"
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
  ${name} = python;
  python3 = final.${name};
  python = final.python3;

  "${name}Packages" = {
    python = final.python3;
    requests = stubModule "requests" "2.31.0";
    venvShellHook = final.makeSetupHook
      {
        name = "venv-shell-hook";
        propagatedBuildInputs = [ final.python3 ];
        substitutions.interpreter = final.python3.interpreter;
      } ./setup/venv-shell-hook.sh;
  };
  python3Packages = final."${name}Packages";
}
