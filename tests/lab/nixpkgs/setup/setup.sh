# What nix-shell sources as $stdenv/setup, and what every build starts with: nixpkgs' order of
# events and its shell options, without the parts that only large builds need.

set -eu
set -o pipefail
shopt -s nullglob inherit_errexit

: "${outputs:=out}"
export NIX_STORE="${NIX_STORE:-/nix/store}"
export NIX_BUILD_CORES="${NIX_BUILD_CORES:-1}"
export NIX_ENFORCE_PURITY="${NIX_ENFORCE_PURITY-1}"
export NIX_INDENT_MAKE=1
export TZ=UTC
# 1980, the first year that a zip file can hold.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-315532800}"

# Builds must not trust the host's certificates; an impure shell may.
if [[ ${IN_NIX_SHELL:-} != impure ]]; then
    export NIX_SSL_CERT_FILE="${NIX_SSL_CERT_FILE:-/no-cert-file.crt}"
    export SSL_CERT_FILE="${SSL_CERT_FILE:-/no-cert-file.crt}"
fi

# ---- Helpers that setup hooks call ------------------------------------------------------------

addToSearchPathWithCustomDelimiter() {
    local delimiter="$1" variable="$2" directory="$3"
    if [[ -d $directory ]]; then
        export "$variable=${!variable:-}${!variable:+$delimiter}$directory"
    fi
}

addToSearchPath() {
    addToSearchPathWithCustomDelimiter : "$@"
}

# Without strictDeps nixpkgs runs every hook for every input, so the offset that comes first is not used.
# shellcheck disable=SC2034
hostOffset=0 targetOffset=1
environmentHooks=()
addEnvHooks() {
    shift
    environmentHooks+=("$@")
}

# Runs the function, file or variable called $1, then the entries of the array that belongs to it
# (preBuild has preBuildHooks, postShellHook has postShellHooks).
runHook() {
    local hookName="$1" entries entry
    shift
    if declare -F "$hookName" > /dev/null; then
        "$hookName" "$@"
    elif [[ -n ${!hookName:-} ]]; then
        _runHookEntry "${!hookName}" "$@"
    fi
    entries="${hookName%Hook}Hooks[@]"
    for entry in ${!entries+"${!entries}"}; do
        _runHookEntry "$entry" "$@"
    done
}

_runHookEntry() {
    if declare -F "$1" > /dev/null; then "$@"; else eval "$1"; fi
}

recordPropagatedInputs() {
    mkdir -p "$1/nix-support"
    if [[ -n ${propagatedBuildInputs:-} ]]; then
        echo "$propagatedBuildInputs" > "$1/nix-support/propagated-build-inputs"
    fi
    if [[ -n ${propagatedNativeBuildInputs:-} ]]; then
        echo "$propagatedNativeBuildInputs" > "$1/nix-support/propagated-native-build-inputs"
    fi
}

# ---- The environment that the inputs make -----------------------------------------------------

export SHELL=@shell@
export CONFIG_SHELL=@shell@
PATH=@initialPath@/bin
runHook preHook

allInputs=()
findInput() {
    local input="$1" list propagated
    case " ${allInputs[*]} " in *" $input "*) return 0 ;; esac
    allInputs+=("$input")
    for list in "$input"/nix-support/propagated-{native-,}build-inputs; do
        if [[ -f $list ]]; then
            for propagated in $(< "$list"); do findInput "$propagated"; done
        fi
    done
}

# A function, so that its variables do not overwrite those of the derivation.
activateInputs() {
    local input environmentHook
    for input in @defaultNativeBuildInputs@ ${nativeBuildInputs:-} ${propagatedNativeBuildInputs:-} \
                 ${buildInputs:-} ${propagatedBuildInputs:-}; do
        findInput "$input"
    done
    for input in "${allInputs[@]}"; do
        if [[ -f $input/nix-support/setup-hook ]]; then
            source "$input/nix-support/setup-hook"
        fi
    done
    for input in "${allInputs[@]}"; do
        addToSearchPath HOST_PATH "$input/bin"
        addToSearchPath XDG_DATA_DIRS "$input/share"
        for environmentHook in "${environmentHooks[@]}"; do "$environmentHook" "$input"; done
    done
    export PATH="${HOST_PATH:+$HOST_PATH:}$PATH"
}
unset HOST_PATH
runHook addInputsHook
activateInputs
export NIX_LDFLAGS="-rpath ${out:-}/lib ${NIX_LDFLAGS-}"

# ---- Builds -----------------------------------------------------------------------------------

unpackPhase() {
    cp -r "$src" source
    chmod -R u+w source
    cd source
}

fixupPhase() {
    recordPropagatedInputs "$out"
    if [[ -n ${setupHook:-} ]]; then cp "$setupHook" "$out/nix-support/setup-hook"; fi
}

# A phase is a variable or a function of that name, and is left out where dontUnpack, dontInstall, … is set.
runPhase() {
    local phase="$1" short skip
    short="${phase%Phase}"
    skip="dont${short^}"
    if [[ -n ${!skip:-} ]]; then return; fi
    if [[ -n ${!phase:-} ]]; then
        eval "${!phase}"
    elif declare -F "$phase" > /dev/null; then
        "$phase"
    fi
}

genericBuild() {
    local phase
    if [[ -n ${buildCommandPath:-} ]]; then
        source "$buildCommandPath"
    elif [[ -n ${buildCommand:-} ]]; then
        eval "$buildCommand"
    else
        for phase in ${phases:-unpackPhase configurePhase buildPhase installPhase fixupPhase}; do
            runPhase "$phase"
        done
    fi
}

runHook postHook
runHook userHook
# nix-shell runs shellHook from here, with errexit off as well.
set +u
