# Defines venvfix-enter, which brings the project's virtual environment up to date and enters it.
# Entering defines deactivate, which leaves it.
# Whatever goes wrong, the shell goes on, and standard output stays empty.

function venvfix-enter --description 'Bring the virtual environment up to date and enter it'
    builtin set -l venvfix_status $status
    if builtin test -n "$VENVFIX_SKIP"
        return $venvfix_status
    end
    builtin set -l venvfix_program @program@
    if not builtin test -x "$venvfix_program"
        # Collected as garbage, or moved: the one on PATH does as well.
        if not builtin set venvfix_program (command --search venvfix)
            builtin echo 'venvfix: the program is gone; enter the shell again' >&2
            return $venvfix_status
        end
    end
    # Lines become a list, whatever the user has in IFS; so below.
    builtin set -l IFS \n
    builtin set -l venvfix_output ($venvfix_program enter --shell fish)
    # Half an output is none: the last line tells.
    if builtin test "$venvfix_output[-1]" = '# venvfix: end'
        builtin set -l venvfix_names (builtin string split ' ' -- $venvfix_output[1])[4..-1]
        _venvfix_keep $venvfix_names
        builtin string join \n -- $venvfix_output | builtin source
        _venvfix_note_folders $venvfix_names
        function deactivate --description 'Leave the virtual environment'
            _venvfix_leave
        end
    else
        builtin echo 'venvfix: the environment was not entered (VENVFIX_SKIP=1 skips this step)' >&2
    end
    return $venvfix_status
end

# Keeps what these variables are: how they are held, then the value. What an earlier entry kept
# stays: deactivate leads back to before that one.
function _venvfix_keep
    builtin set -l IFS \n
    if not builtin set -q _venvfix_kept
        builtin set -g _venvfix_kept
        builtin set -g _venvfix_searched
        if builtin functions -q deactivate
            builtin functions -e _venvfix_deactivate_before
            builtin functions -c deactivate _venvfix_deactivate_before
        end
    end
    for name in (builtin string replace -r ':$' '' -- $argv)
        if builtin contains -- $name $_venvfix_kept
            continue
        end
        builtin set -ga _venvfix_kept $name
        # A universal variable shows again when the global one is gone.
        if builtin set -qgx $name
            builtin set -g _venvfix_kept_$name exported $$name
        else if builtin set -qg $name
            builtin set -g _venvfix_kept_$name set $$name
        else
            builtin set -g _venvfix_kept_$name unset
        end
    end
end

# Notes the folder that a script has put first in each search path.
function _venvfix_note_folders
    builtin set -l IFS \n
    for name in (builtin string match -- '*:' $argv | builtin string replace -r ':$' '')
        if not builtin contains -- $name $_venvfix_searched
            builtin set -ga _venvfix_searched $name
            builtin set -g _venvfix_folders_$name
        end
        builtin set -l folders $$name
        builtin set -ga _venvfix_folders_$name $folders[1]
    end
end

function _venvfix_leave
    for name in $_venvfix_searched
        builtin set -l folders _venvfix_folders_$name
        for folder in $$folders
            while builtin set -l index (builtin contains -i -- $folder $$name)
                builtin set -e $name"[$index]"
            end
        end
        builtin set -eg $folders
    end
    for name in $_venvfix_kept
        builtin set -l kept _venvfix_kept_$name
        builtin set -l before $$kept
        builtin set -l held $before[1]
        builtin set -e before[1]
        builtin set -eg $kept
        if builtin contains -- $name $_venvfix_searched
            # What the user added meanwhile stays.
            if builtin test "$held" = unset -a -z "$$name"
                builtin set -eg $name
            end
        else if builtin test "$held" = exported
            builtin set -gx $name $before
        else if builtin test "$held" = set
            builtin set -gu $name $before
        else
            builtin set -eg $name
        end
    end
    builtin set -eg _venvfix_kept
    builtin set -eg _venvfix_searched
    builtin functions -e deactivate
    if builtin functions -q _venvfix_deactivate_before
        builtin functions -c _venvfix_deactivate_before deactivate
        builtin functions -e _venvfix_deactivate_before
    end
    return 0
end
