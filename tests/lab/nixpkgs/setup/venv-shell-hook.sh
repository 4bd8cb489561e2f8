# nixpkgs' venvShellHook as a user sees it: the same steps, messages and shortcomings.

venvShellHook() {
    echo "Executing venvHook"
    runHook preShellHook
    if [[ -d $venvDir ]]; then
        # Whatever state it is in: the directory is taken as it is.
        echo "Skipping venv creation, '$venvDir' already exists"
        source "$venvDir/bin/activate"
    else
        echo "Creating new venv environment in path: '$venvDir'"
        @interpreter@ -m venv "$venvDir"
        source "$venvDir/bin/activate"
        runHook postVenvCreation
    fi
    runHook postShellHook
    echo "Finished executing venvShellHook"
}

# A shellHook of the user's own switches this one off without a word.
if [[ -z ${dontUseVenvShellHook:-} && -z ${shellHook:-} ]]; then
    if [[ -z ${venvDir:-} ]]; then
        echo "Error: \`venvDir\` should be set when using \`venvShellHook\`."
        exit 1
    fi
    shellHook=venvShellHook
fi
