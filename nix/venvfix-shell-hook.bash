
# What nixpkgs' venvShellHook does, by venvfix. hooks/venvfix.bash stands before this text and defines
# venvfix-enter.

# Once in a shell, whoever calls it: preShellHook, the venv, postVenvCreation, postShellHook.
venvfixShellHook() {
    if [[ -n ${_venvfixShellHookRan-} ]]; then return 0; fi
    _venvfixShellHookRan=1
    runHook preShellHook
    _venvfixFindProject
    if [[ -n ${venvDir-} ]]; then export VENVFIX_VENV_DIR=$venvDir; fi
    # Only what is set now was entered now; a shell around this one may have a venv of its own.
    local _venvfixOuter=${VIRTUAL_ENV-}
    unset -v VIRTUAL_ENV
    venvfix-enter
    if [[ -n ${VIRTUAL_ENV-} ]]; then
        _venvfixFinishNewVenv
    elif [[ -n $_venvfixOuter ]]; then
        export VIRTUAL_ENV=$_venvfixOuter
    fi
    runHook postShellHook
}

# Sets VENVFIX_PROJECT to the nearest folder with a marker, as venvfix itself would find it, and says
# by it that this shell is the project's own. One that is set counts, unless its venv is active: then
# a shell around this one has set it, maybe for another project. A flake's is a copy in the store.
_venvfixFindProject() {
    local start folder marker given=${VENVFIX_PROJECT-}
    if [[ $given != /* || $given == "${NIX_STORE:-/nix/store}"/* ]]; then given=; fi
    if [[ -n $given && ${VIRTUAL_ENV-} != "$given"/* ]]; then return 0; fi
    # A command substitution takes line breaks off the end.
    start=$(builtin pwd -P && echo .)
    start=${start%$'\n'.}
    export VENVFIX_PROJECT=${given:-$start}
    local markers
    for markers in 'venvfix.toml shell.nix flake.nix requirements.txt' \
        'pyproject.toml uv.lock pylock.toml default.nix .venv'; do
        folder=${start%/}
        while :; do
            for marker in $markers; do
                if [[ -e $folder/$marker ]]; then
                    VENVFIX_PROJECT=${folder:-/}
                    return 0
                fi
            done
            if [[ -z $folder ]]; then break; fi
            folder=${folder%/*}
        done
    done
}

# Runs postVenvCreation in the project's folder, wherever the shell was called. The mark of a new venv
# goes when that is done: what failed or was interrupted is done again at the next entry.
_venvfixFinishNewVenv() {
    local mark=$VIRTUAL_ENV/.venvfix/new here=$PWD
    if ! [[ -e $mark ]]; then return 0; fi
    if [[ -z ${postVenvCreation-} ]] && ! declare -F postVenvCreation > /dev/null; then
        command rm -f -- "$mark"
        return 0
    fi
    builtin cd -- "$VENVFIX_PROJECT" || return 0
    # Not on standard output, which nix-shell --run passes on: installers talk.
    if _venvfixPostVenvCreation >&2; then
        command rm -f -- "$mark"
    else
        printf '%s\n' 'venvfix: postVenvCreation failed, and is run again at the next entry' >&2
    fi
    builtin cd -- "$here" || :
    # Once more, for what that installed.
    venvfix-enter
}

# runHook, which would do as well, keeps the status to itself.
_venvfixPostVenvCreation() {
    if declare -F postVenvCreation > /dev/null; then
        postVenvCreation
    else
        eval "$postVenvCreation"
    fi
}

# Puts the hook before the shellHook of the user, which may count on the venv, or exec another shell.
# nix develop evaluates that variable and knows no shellHooks. A shell inside this one may inherit the
# text, but has not the function.
_venvfixUseShellHook() {
    # Some call that one from their shellHook.
    # shellcheck disable=SC2317
    venvShellHook() { venvfixShellHook; }
    if [[ -n ${dontUseVenvShellHook-} ]]; then return 0; fi
    shellHook="if declare -F venvfixShellHook > /dev/null; then venvfixShellHook; fi
${shellHook-}"
}

# Which nixpkgs this shell is made with: what libraries are called differs from release to release.
export VENVFIX_NIXPKGS_RELEASE=@release@

# After all setup hooks: some, nixpkgs' venvShellHook for one, give way to a shellHook that is there.
postHooks+=(_venvfixUseShellHook)
