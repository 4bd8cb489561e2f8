# The programs of the pretend NixOS: the host's own, copied into the store with what they link to.
final:
let
  inherit (final) lib system;

  # Built by the host's shell, since the store has none yet.
  copyOfHostPrograms = name: programs: derivation {
    inherit name system programs;
    inherit (final) glibc;
    builder = "/bin/sh";
    args = [ "-eu" ./build/host-programs.sh ];
  };

  # What the release has: all that is defined here, or what it names.
  offered = lib.filter lib.isDerivation (
    if final.release ? attributes
    then map (name: final.${name}) final.release.attributes ++ map (packages: packages.python) final.pythonPackageSets
    else lib.attrValues (removeAttrs final [ "lab" "hostPlatform" ])
  );

  # Attributes that name single programs: `nix-shell -p which` and the like.
  selection = pname: programs: final.runCommand pname
    { inherit programs; passthru = { inherit pname; meta.mainProgram = builtins.head programs; }; } ''
    mkdir -p "$out/bin"
    for program in $programs; do
      ln -s "${final.hostPrograms}/bin/$program" "$out/bin/$program"
    done
  '';
in
{
  # A question mark: left out where the host lacks it.
  hostPrograms = copyOfHostPrograms "host-programs" [
    "bash" "awk" "basename" "bzip2" "cat" "chmod" "chown" "clear" "cmp" "comm" "cp" "cut" "date" "dd" "df" "diff"
    "dirname" "dpkg-deb" "du" "env" "expr" "false" "find" "flock" "getconf" "grep" "gzip" "head" "hostname" "id"
    "install" "join" "kill" "ln" "ls" "md5sum" "mkdir" "mkfifo" "mktemp" "mv" "nice" "nohup" "nproc" "od" "paste"
    "patchelf" "pgrep" "pkill" "printenv" "printf" "ps" "pwd" "readelf" "readlink" "realpath" "rm" "rmdir" "sed"
    "seq" "setsid" "sha256sum" "sleep" "sort" "split" "stat" "strings" "stty" "tail" "tar" "tee" "test" "timeout"
    "touch" "tr" "true" "tty" "uname" "uniq" "wc" "which" "whoami" "xargs" "xz" "yes"
    "?direnv" "?hyperfine" "?lsof" "?script" "?strace"
  ];

  nix = copyOfHostPrograms "nix" [
    "nix" "nix-build" "nix-channel" "nix-collect-garbage" "nix-copy-closure" "nix-daemon" "nix-env" "nix-hash"
    "nix-instantiate" "nix-shell" "nix-store"
  ];

  bash = selection "bash" [ "bash" "sh" ];
  bashInteractive = final.bash;
  binutils = selection "binutils" [ "readelf" "strings" ];
  coreutils = selection "coreutils" [ "cat" "cp" "date" "env" "head" "ls" "mkdir" "mv" "rm" "sort" "tail" "uname" ];
  diffutils = selection "diffutils" [ "diff" "cmp" ];
  findutils = selection "findutils" [ "find" "xargs" ];
  gnugrep = selection "gnugrep" [ "grep" ];
  gnused = selection "gnused" [ "sed" ];
  patchelf = selection "patchelf" [ "patchelf" ];
  procps = selection "procps" [ "ps" "pgrep" "pkill" ];
  which = selection "which" [ "which" ];

  # The host's certificates, so that its proxies are trusted too.
  cacert = final.rawDerivation {
    name = "nss-cacert";
    script = builtins.toFile "cacert.sh" ''
      mkdir -p "$out/etc/ssl/certs" "$out/nix-support"
      cp /etc/ssl/certs/ca-certificates.crt "$out/etc/ssl/certs/ca-bundle.crt"
      sed "s|@out@|$out|" "$hook" > "$out/nix-support/setup-hook"
    '';
    hook = ./setup/cacert-hook.sh;
  };

  # What NixOS has at /lib64/ld-linux-x86-64.so.2.
  stub-ld = final.rawDerivation {
    name = "stub-ld";
    script = builtins.toFile "stub-ld.sh" ''
      mkdir -p "$out/libexec"
      # Position independent: as an interpreter it must not claim the address of the program it stands in for.
      PATH=$PATH:/usr/bin gcc -Os -static-pie -nostdlib -ffreestanding -fno-stack-protector \
        -o "$out/libexec/stub-ld" "$source"
    '';
    source = ./build/stub-ld.c;
  };

  lab = {
    # /run/current-system/sw
    system = final.symlinkJoin {
      name = "system-path";
      paths = [ final.hostPrograms final.nix final.git ];
      postBuild = ''
        mkdir -p "$out/lib"
        ln -s ${final.glibc}/lib/locale "$out/lib/locale"
        ln -s ${final.stub-ld}/libexec/stub-ld "$out/libexec/stub-ld"
      '';
    };

    # Everything, so that no test has to wait for a build.
    everything =
      lib.concatMap (drv: map (output: drv.${output}) drv.outputs or [ "out" ])
        (offered ++ lib.concatMap lib.attrValues final.pythonPackageSets)
      ++ map (packages: packages.python.withPackages (ps: [ ps.requests ])) final.pythonPackageSets;

    # Names of the .deb files to download; evaluates before any of them is there.
    debNames = lib.unique (lib.concatMap (drv: drv.debNames or [ ]) offered);
  };
}
