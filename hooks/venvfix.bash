# Defines venvfix-enter, which brings the project's virtual environment up to date and enters it.
# Whatever goes wrong, the shell goes on: nothing exits, no option is changed, and standard output
# stays empty, since nix-shell --run and direnv capture it.

venvfix-enter() {
    \builtin local venvfix_status=$?
    if [ -n "${VENVFIX_SKIP-}" ]; then
        \builtin return "$venvfix_status"
    fi
    \builtin local venvfix_program=@program@
    if ! [ -x "$venvfix_program" ]; then
        # Collected as garbage, or moved: the one on PATH does as well.
        if ! venvfix_program="$(\builtin type -P venvfix)"; then
            \builtin printf '%s\n' 'venvfix: the program is gone; enter the shell again' >&2
            \builtin return "$venvfix_status"
        fi
    fi
    # A Ctrl-C ends the program and what it runs, not the rest of the shell's start.
    \builtin local venvfix_trap venvfix_output=
    venvfix_trap="$(\builtin trap -p INT)"
    \builtin trap : INT
    venvfix_output="$("$venvfix_program" enter --shell bash)" || :
    \builtin trap - INT
    \builtin eval "$venvfix_trap"
    # Half an output is none: the last line tells.
    case "$venvfix_output" in
        *'# venvfix: end') \builtin eval "$venvfix_output" ;;
        *) \builtin printf '%s\n' 'venvfix: the environment was not entered (VENVFIX_SKIP=1 skips this step)' >&2 ;;
    esac
    \builtin return "$venvfix_status"
}
