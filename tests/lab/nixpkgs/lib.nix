# The part of nixpkgs' lib that shell.nix files use.
let
  inherit (builtins) attrNames concatMap concatStringsSep elem elemAt filter foldl' genList isAttrs isList
    isString length listToAttrs map mapAttrs replaceStrings split stringLength substring toString;
  regexSpecials = [ "\\" "." "+" "*" "?" "|" "(" ")" "[" "]" "{" "}" "^" "$" ];

  self = rec {
    inherit (builtins) all any attrNames attrValues catAttrs concatLists concatMap concatStringsSep elem elemAt
      filter foldl' fromJSON genList getAttr hasAttr head intersectAttrs isAttrs isBool isFunction isInt isList
      isString length listToAttrs map mapAttrs pathExists readFile replaceStrings stringLength substring tail
      toJSON toString;

    version = "26.05-lab";
    trivial = { inherit version; release = "26.05"; };
    platforms = rec { linux = [ "x86_64-linux" "aarch64-linux" ]; all = linux; unix = linux; };
    systems.flakeExposed = platforms.linux;
    licenses = { mit.spdxId = "MIT"; asl20.spdxId = "Apache-2.0"; };

    # Functions
    id = x: x;
    const = x: _: x;
    flip = f: a: b: f b a;
    pipe = foldl' (x: f: f x);
    fix = f: let x = f x; in x;
    functionArgs = f: f.__functionArgs or (builtins.functionArgs f);

    # Lists
    optional = condition: x: if condition then [ x ] else [ ];
    optionals = condition: xs: if condition then xs else [ ];
    flatten = x: if isList x then concatMap flatten x else [ x ];
    unique = foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];
    remove = x: filter (y: y != x);
    subtractLists = unwanted: filter (x: ! elem x unwanted);
    reverseList = xs: let n = length xs; in genList (i: elemAt xs (n - i - 1)) n;
    last = xs: elemAt xs (length xs - 1);
    toList = x: if isList x then x else [ x ];

    # Strings
    concatStrings = concatStringsSep "";
    concatMapStrings = f: xs: concatStrings (map f xs);
    concatMapStringsSep = separator: f: xs: concatStringsSep separator (map f xs);
    optionalString = condition: s: if condition then s else "";
    hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
    hasSuffix = suffix: s:
      let start = stringLength s - stringLength suffix; in start >= 0 && substring start (-1) s == suffix;
    hasInfix = infix: s: length (split (escapeRegex infix) s) > 1;
    removePrefix = prefix: s: if hasPrefix prefix s then substring (stringLength prefix) (-1) s else s;
    removeSuffix = suffix: s: if hasSuffix suffix s then substring 0 (stringLength s - stringLength suffix) s else s;
    escapeRegex = replaceStrings regexSpecials (map (c: "\\" + c) regexSpecials);
    splitString = separator: s: filter isString (split (escapeRegex separator) s);
    escapeShellArg = x: "'" + replaceStrings [ "'" ] [ "'\\''" ] (toString x) + "'";
    escapeShellArgs = concatMapStringsSep " " escapeShellArg;
    fileContents = file: removeSuffix "\n" (builtins.readFile file);
    versionOlder = a: b: builtins.compareVersions b a == 1;
    versionAtLeast = a: b: ! versionOlder a b;
    versions = rec {
      parts = splitString ".";
      major = v: elemAt (parts v) 0;
      minor = v: elemAt (parts v) 1;
      majorMinor = v: "${major v}.${minor v}";
    };

    # Attribute sets
    nameValuePair = name: value: { inherit name value; };
    genAttrs = names: f: listToAttrs (map (n: nameValuePair n (f n)) names);
    optionalAttrs = condition: attrs: if condition then attrs else { };
    filterAttrs = keep: attrs: removeAttrs attrs (filter (n: ! keep n attrs.${n}) (attrNames attrs));
    mapAttrsToList = f: attrs: map (n: f n attrs.${n}) (attrNames attrs);
    attrByPath = path: default: attrs:
      foldl' (found: n: if isAttrs found && found ? ${n} then found.${n} else default) attrs path;
    recursiveUpdate = a: b:
      a // mapAttrs (n: v: if isAttrs v && isAttrs (a.${n} or null) then recursiveUpdate a.${n} v else v) b;
    makeOverridable = f: args:
      let
        override = changes:
          makeOverridable f (args // (if builtins.isFunction changes then changes args else changes));
        result = f args;
      in
      if isAttrs result then result // { inherit override; } else result;
    callPackageWith = scope: target: args:
      let f = if builtins.isFunction target then target else import target;
      in makeOverridable f (builtins.intersectAttrs (functionArgs f) scope // args);

    # Derivations. An output that was chosen by name (glib.out) stays chosen.
    isDerivation = x: isAttrs x && (x.type or null) == "derivation";
    getOutput = output: drv:
      if drv.outputSpecified or false then drv else drv.${output} or drv.out or drv;
    getBin = getOutput "bin";
    getDev = getOutput "dev";
    getLib = getOutput "lib";
    getExe = drv: getExe' drv (drv.meta.mainProgram or drv.pname or drv.name);
    getExe' = drv: program: "${getBin drv}/bin/${program}";
    makeSearchPath = folder: drvs: concatMapStringsSep ":" (drv: "${drv}/${folder}") (remove null drvs);
    makeSearchPathOutput = output: folder: drvs: makeSearchPath folder (map (getOutput output) (remove null drvs));
    makeLibraryPath = makeSearchPathOutput "lib" "lib";
    makeBinPath = makeSearchPathOutput "bin" "bin";
    makeIncludePath = makeSearchPathOutput "dev" "include";
  };
in
self // { attrsets = self; customisation = self; fixedPoints = self; lists = self; meta = self; strings = self; }
