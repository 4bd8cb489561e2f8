# Defines venvfix-enter, which brings the project's virtual environment up to date and enters it.
# Entering defines deactivate, which leaves it.
# Whatever goes wrong, the shell goes on: nothing exits, no option is changed, and standard output
# stays empty, since nix-shell --run and direnv capture it.

function venvfix-enter {
    \builtin local venvfix_status="$?"
    # Under errexit, the status of an earlier command would count as a failure of this one.
    [[ $- != *e* ]] || venvfix_status=0
    if [[ -n ${VENVFIX_SKIP-} ]]; then
        \builtin return "$venvfix_status"
    fi
    \builtin local venvfix_program=@program@
    if [[ ! -x $venvfix_program ]]; then
        # Collected as garbage, or moved: the one on PATH does as well.
        if ! venvfix_program="$(\builtin type -P venvfix)"; then
            _venvfix-say 'the program is gone; enter the shell again'
            \builtin return "$venvfix_status"
        fi
    fi
    # A Ctrl-C ends the program and what it runs, not the rest of the shell's start.
    \builtin local venvfix_trap venvfix_output=
    venvfix_trap="$(\builtin trap -p INT)"
    \builtin trap '\builtin :' INT
    venvfix_output="$("$venvfix_program" enter --shell bash)" || \builtin :
    \builtin trap - INT
    [[ -z $venvfix_trap ]] || \builtin eval "\\builtin $venvfix_trap"
    # Half an output is none: the last line tells.
    if [[ $venvfix_output == *'# venvfix: end' ]]; then
        \builtin local -a venvfix_searched
        _venvfix-keep "$venvfix_output"
        \builtin eval "$venvfix_output" || \builtin :
        _venvfix-note-folders
        # shellcheck disable=SC2317  # for the user to call
        function deactivate { _venvfix-leave; }
    else
        _venvfix-say 'the environment was not entered (VENVFIX_SKIP=1 skips this step)'
    fi
    \builtin return "$venvfix_status"
}

function _venvfix-say {
    \builtin printf 'venvfix: %s\n' "$1" >&2 || \builtin :
}

# Keeps, as code that puts it back, what the variables in the first line of a script are. What an
# earlier entry kept stays: deactivate leads back to before that one.
function _venvfix-keep {
    \builtin local names="${1%%$'\n'*} " name mark
    if [[ -z ${_venvfix_kept-} ]]; then
        _venvfix_kept=' '
        _venvfix_folders=()
        _venvfix_undo=
        # Asked first: a command substitution costs a process.
        if \builtin declare -F deactivate > /dev/null; then
            _venvfix_undo="$(\builtin declare -f deactivate)"$'\n'
        fi
    fi
    names="${names#'# venvfix: changes '}"
    while [[ -n $names ]]; do
        name="${names%% *}" names="${names#* }" mark=
        if [[ $name == *: ]]; then
            name="${name%:}" mark=:
            venvfix_searched+=("$name")
        fi
        if [[ $_venvfix_kept != *" $name "* ]]; then
            _venvfix_kept+="$name "
            _venvfix-keep-one "$name" "$mark"
        fi
    done
}

function _venvfix-keep-one {
    \builtin local quoted=
    if [[ -z ${!1+set} ]]; then
        # Of a search path there may be what the user added meanwhile.
        [[ -z $2 ]] || _venvfix_undo+="[[ -n \${$1-} ]] || "
        _venvfix_undo+="\\builtin unset -v $1"$'\n'
    elif [[ -z $2 ]]; then
        \builtin printf -v quoted %q "${!1}"
        if [[ ${!1@a} == *x* ]]; then
            _venvfix_undo+="\\builtin export $1=$quoted"$'\n'
        else
            _venvfix_undo+="\\builtin export -n $1=$quoted"$'\n'
        fi
    fi
}

# Notes the folder that a script has put first in each search path.
function _venvfix-note-folders {
    \builtin local name
    for name in "${venvfix_searched[@]}"; do
        _venvfix_folders+=("$name=${!name%%:*}")
    done
}

function _venvfix-leave {
    \builtin local folder name rest
    for folder in "${_venvfix_folders[@]}"; do
        name="${folder%%=*}" folder="${folder#*=}"
        if [[ -n ${!name-} ]]; then
            rest=":${!name}:"
            while [[ $rest == *":$folder:"* ]]; do
                rest="${rest/":$folder:"/:}"
            done
            rest="${rest#:}"
            \builtin printf -v "$name" %s "${rest%:}"
        fi
    done
    \builtin unset -f deactivate
    \builtin eval "$_venvfix_undo"
    \builtin unset -v _venvfix_kept _venvfix_undo _venvfix_folders
    \builtin return 0
}
