# glibc, gcc's runtime libraries and the stand-in for the compiler wrapper, and the way from
# Debian packages to store paths.
final:
let
  inherit (final) lib system;
  index = import (final.debs + "/index.nix");
  # The name that a package of Debian 12 has in this release.
  debName = name: final.release.renamed.${name} or name;
  gccVersion = index.libgcc-s1.version;

  # The hash spares Nix from reading the file at each evaluation.
  debFile = name: builtins.path {
    name = "${name}.deb";
    path = final.debs + "/${name}.deb";
    recursive = false;
    inherit (index.${name}) sha256;
  };
in
{
  inherit debFile;

  # A library from Debian with nixpkgs' name and outputs.
  #   debs        Debian packages, the first gives the version
  #   needs       where the objects' needed names are found
  #   propagates  further such packages, which dev outputs also bring into a shell
  #   folders     folders below Debian's library folder that hold libraries too
  #   postInstall shell code, before the needed names are resolved
  debLibrary = pname: { debs, outputs ? [ "out" "dev" ], needs ? [ ], propagates ? [ ], folders ? [ ], postInstall ? "" }:
    let
      debNames = map debName debs;
      inherit (index.${builtins.head debNames}) version;
    in
    final.rawDerivation {
      name = "${pname}-${version}";
      script = ./build/library.sh;
      inherit outputs folders postInstall;
      debs = map final.debFile debNames;
      elfTools = ./build/elf-tools.sh;
      needs = map lib.getLib (needs ++ propagates) ++ [ final.glibc ];
      propagates = map lib.getDev propagates;
      passthru = { inherit pname version debNames; meta = { }; };
    };

  glibc = derivation
    {
      # No longer than this: the path has to fit into ld.so (see patch-ld-so.py).
      name = "glibc-${final.glibc.version}";
      inherit system;
      builder = "/bin/sh";
      args = [ "-eu" ./build/glibc.sh ];
      debs = map debFile final.glibc.debNames;
      patchLdSo = ./build/patch-ld-so.py;
    } // {
    pname = "glibc";
    inherit (index.libc6) version;
    debNames = [ "libc6" "libc-bin" "libgcc-s1" ];
  };

  gcc-unwrapped = final.debLibrary "gcc" {
    debs = [ "libstdc++6" "libgcc-s1" "libgomp1" "libatomic1" "libquadmath0" ];
    outputs = [ "out" "lib" ];
    # ld's -L for the compiler's own files, which nixpkgs names before that of the lib output.
    postInstall = ''mkdir -p "$out/lib/gcc/x86_64-unknown-linux-gnu/${gccVersion}"'';
  };

  gcc =
    let
      bintools = final.runCommand "binutils-wrapper" { } ''
        mkdir -p "$out/nix-support"
        echo ${final.glibc} > "$out/nix-support/orig-libc"
        echo ${final.glibc}/lib/ld-linux-x86-64.so.2 > "$out/nix-support/dynamic-linker"
      '';
      unwrapped = final.gcc-unwrapped;
      wrapper = final.runCommand "gcc-wrapper-${gccVersion}" { hook = ./setup/cc-wrapper-hook.sh; } ''
        mkdir -p "$out/nix-support"
        cp ${bintools}/nix-support/* "$out/nix-support/"
        echo ${unwrapped} > "$out/nix-support/orig-cc"
        echo "-L${unwrapped}/lib/gcc/x86_64-unknown-linux-gnu/${gccVersion} -L${unwrapped.lib}/lib" > "$out/nix-support/cc-ldflags"
        echo "-L${final.glibc}/lib" > "$out/nix-support/libc-ldflags"
        sed -e "s|@out@|$out|" -e "s|@bintools@|${bintools}|" "$hook" > "$out/nix-support/setup-hook"
      '';
    in
    wrapper // { cc = unwrapped; libc = final.glibc; inherit bintools; isGNU = true; isClang = false; version = gccVersion; };

  libgcc = final.gcc-unwrapped.lib;

  gfortran-unwrapped = final.debLibrary "gfortran" {
    debs = [ "libgfortran5" ];
    outputs = [ "out" "lib" ];
    needs = [ final.gcc-unwrapped ];
  };
  gfortran.cc = final.gfortran-unwrapped;
}
