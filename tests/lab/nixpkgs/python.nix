# CPython from Debian, arranged as nixpkgs arranges it.
release: final:
let
  inherit (final) lib;
  index = import (final.debs + "/index.nix");
  # 3.11 -> python311
  attribute = pythonVersion: "python${builtins.replaceStrings [ "." ] [ "" ] pythonVersion}";

  makePython = pythonVersion:
    let
      # With the patch level, which is the package's.
      inherit (index."libpython${pythonVersion}") version;
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
        zstd = final.zstd.out;
        needs = map lib.getLib (with final; [
          bzip2 db expat gdbm libffi libxcrypt ncurses openssl readline sqlite util-linux xz zlib zstd
        ]) ++ [ final.glibc ];
        # Another value gives the same python at another store path.
        marker = final.config.pythonMarker or "";
        passthru = {
          debNames = release.pythonDebs pythonVersion;
          pname = "python3";
          inherit version pythonVersion libPrefix sitePackages withPackages;
          executable = libPrefix;
          interpreter = "${python}/bin/${libPrefix}";
          pkgs = packages;
          meta.mainProgram = libPrefix;
        };
      };

      # An environment of symlinks whose programs are small compiled wrappers, as in nixpkgs.
      withPackages = choose: final.rawDerivation {
        name = "python3-${version}-env";
        script = ./build/python-environment.sh;
        packages = choose packages ++ [ python ];
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
      packages = lib.foldl' (set: extension: set // extension packages set) ownPackages final.pythonPackagesExtensions;
      ownPackages = {
        inherit python;
        requests = stubModule "requests" "2.31.0";
        venvShellHook = final.makeSetupHook
          {
            name = "venv-shell-hook";
            propagatedBuildInputs = [ python ];
            substitutions.interpreter = python.interpreter;
          } ./setup/venv-shell-hook.sh;
      };
    in
    {
      ${attribute pythonVersion} = python;
      "${attribute pythonVersion}Packages" = packages;
    };

  first = attribute (builtins.head release.pythonVersions);
in
builtins.foldl' (attrs: pythonVersion: attrs // makePython pythonVersion) { } release.pythonVersions // {
  # What overlays add to each python's set.
  pythonPackagesExtensions = [ ];
  python3 = final.${first};
  python = final.python3;
  python3Packages = final."${first}Packages";
  pythonPackageSets = map (pythonVersion: final."${attribute pythonVersion}Packages") release.pythonVersions;
}
