# What nixpkgs' python does to a shell that has it among its inputs.

addPythonPath() {
    addToSearchPath PYTHONPATH "$1/@sitePackages@"
}
addEnvHooks "$hostOffset" addPythonPath

export DETERMINISTIC_BUILD=1
export PYTHONHASHSEED=0
export PYTHONNOUSERSITE=1
