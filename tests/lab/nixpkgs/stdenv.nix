# From derivations to shells: stdenv.mkDerivation, mkShell and the trivial builders.
final:
let
  inherit (final) lib system;
  bash = "${final.hostPrograms}/bin/bash";

  # nixpkgs' rule: the attribute set of a named output knows that it was named (see lib.getOutput).
  withOutputs = drv: passthru:
    let
      common = drv // passthru // outputs;
      named = output: common // {
        inherit (drv.${output}) outPath drvPath type outputName;
        outputSpecified = true;
      };
      outputs = lib.genAttrs drv.outputs named;
    in
    common;

  # A derivation without a stdenv: what the stdenv itself is made of.
  rawDerivation = { name, script, outputs ? [ "out" ], passthru ? { }, ... }@args:
    withOutputs
      (derivation (removeAttrs args [ "script" "passthru" ] // {
        inherit system outputs;
        builder = bash;
        args = [ "-eu" script ];
        PATH = "${final.hostPrograms}/bin";
      }))
      passthru;

  makeStdenv = cc:
    let
      setup = rawDerivation {
        name = "stdenv-linux";
        script = builtins.toFile "make-stdenv.sh" ''mkdir -p "$out"; cp "$textPath" "$out/setup"'';
        passAsFile = [ "text" ];
        text = builtins.replaceStrings
          [ "@shell@" "@initialPath@" "@defaultNativeBuildInputs@" ]
          [ bash "${final.hostPrograms}" (toString cc) ]
          (builtins.readFile ./setup/setup.sh);
      };
      hostPlatform = { inherit system; isLinux = true; isDarwin = false; isx86_64 = true; isAarch64 = false; };
    in
    setup // {
      inherit cc hostPlatform;
      inherit (hostPlatform) isLinux isDarwin isx86_64 isAarch64;
      buildPlatform = hostPlatform;
      targetPlatform = hostPlatform;
      shell = bash;
      mkDerivation = mkDerivationWith setup;
    };

  mkDerivationWith = stdenv: definition:
    let
      attrs = if builtins.isFunction definition then lib.fix definition else definition;
      inputs = name: map lib.getDev (lib.remove null (attrs.${name} or [ ]));
      twice = lib.attrNames (builtins.intersectAttrs (attrs.env or { }) attrs);
      env =
        if twice == [ ] then attrs.env or { }
        else throw "The `env` attribute set cannot contain any attributes passed to derivation: ${toString twice}";
      drv = derivation (removeAttrs attrs [ "meta" "passthru" "env" ] // env // {
        inherit system stdenv;
        name = attrs.name or "${attrs.pname}-${attrs.version}";
        builder = bash;
        args = [ "-e" (builtins.toFile "builder.sh" "source $stdenv/setup\ngenericBuild\n") ];
        outputs = attrs.outputs or [ "out" ];
        buildInputs = inputs "buildInputs";
        nativeBuildInputs = inputs "nativeBuildInputs";
        propagatedBuildInputs = inputs "propagatedBuildInputs";
        propagatedNativeBuildInputs = inputs "propagatedNativeBuildInputs";
        strictDeps = attrs.strictDeps or false;
      });
    in
    withOutputs drv (attrs.passthru or { } // {
      inherit stdenv;
      meta = attrs.meta or { };
      # inputsFrom reads these: as they were written, not as dev outputs.
      buildInputs = attrs.buildInputs or [ ];
      nativeBuildInputs = attrs.nativeBuildInputs or [ ];
      overrideAttrs = change:
        mkDerivationWith stdenv (attrs // (if builtins.isFunction (change attrs) then change attrs attrs else change attrs));
    });

  mkShellWith = stdenv: {
    override = { stdenv }: mkShellWith stdenv;
    __functor = _: { name ? "nix-shell", packages ? [ ], inputsFrom ? [ ], ... }@attrs:
      let
        merged = input: attrs.${input} or [ ] ++ lib.concatMap (drv: drv.${input} or [ ]) inputsFrom;
        hooks = map (drv: drv.shellHook or "") (lib.reverseList inputsFrom) ++ [ (attrs.shellHook or "") ];
      in
      stdenv.mkDerivation (removeAttrs attrs [ "packages" "inputsFrom" ] // {
        inherit name;
        nativeBuildInputs = packages ++ merged "nativeBuildInputs";
        buildInputs = merged "buildInputs";
        propagatedBuildInputs = merged "propagatedBuildInputs";
        shellHook = lib.concatStringsSep "\n" (lib.remove "" hooks);
        phases = [ "buildPhase" ];
        buildPhase = ''export > "$out"'';
      });
  };

  runCommandWith = stdenv: name: env: buildCommand: stdenv.mkDerivation (env // { inherit name buildCommand; });

  writeExecutable = { name, text, path }: final.runCommand name { inherit text; passAsFile = [ "text" ]; } ''
    mkdir -p "$(dirname "$out${path}")"
    { echo '#!${bash}'; cat "$textPath"; } > "$out${path}"
    chmod +x "$out${path}"
  '';
in
{
  inherit rawDerivation;

  stdenv = makeStdenv final.gcc;
  stdenvNoCC = makeStdenv null;
  inherit (final.stdenv) mkDerivation hostPlatform;

  mkShell = mkShellWith final.stdenv;
  mkShellNoCC = mkShellWith final.stdenvNoCC;

  runCommand = runCommandWith final.stdenvNoCC;
  runCommandLocal = final.runCommand;
  runCommandCC = runCommandWith final.stdenv;

  callPackage = lib.callPackageWith final;

  writeText = name: text: final.runCommand name { inherit text; passAsFile = [ "text" ]; } ''cp "$textPath" "$out"'';
  writeTextDir = path: text: final.runCommand (baseNameOf path) { inherit text; passAsFile = [ "text" ]; } ''
    mkdir -p "$out/$(dirname ${path})"
    cp "$textPath" "$out/${path}"
  '';
  writeShellScript = name: text: writeExecutable { inherit name text; path = ""; };
  writeShellScriptBin = name: text: writeExecutable { inherit name text; path = "/bin/${name}"; };

  symlinkJoin = { name, paths, postBuild ? "", ... }: final.runCommand name { inherit paths; } ''
    mkdir -p "$out"
    for path in $paths; do
      # The first path that has a file wins, as in nixpkgs.
      cp --recursive --symbolic-link --no-clobber --no-preserve=mode "$path/." "$out/"
    done
    ${postBuild}
  '';
  buildEnv = final.symlinkJoin;

  makeSetupHook = { name ? "hook", propagatedBuildInputs ? [ ], substitutions ? { }, ... }: script:
    let
      placeholders = map (variable: "@${variable}@") (lib.attrNames substitutions);
      text = builtins.replaceStrings placeholders (map toString (lib.attrValues substitutions)) (builtins.readFile script);
    in
    final.runCommand name { inherit text propagatedBuildInputs; passAsFile = [ "text" ]; } ''
      mkdir -p "$out/nix-support"
      cp "$textPath" "$out/nix-support/setup-hook"
      recordPropagatedInputs "$out"
    '';
}
