# Puts every input's headers and libraries before the compiler, as nixpkgs' cc-wrapper and
# bintools-wrapper do. No compiler stands behind CC in the lab.

addCompilerSearchPaths() {
    if [[ -d $1/include ]]; then
        export NIX_CFLAGS_COMPILE="${NIX_CFLAGS_COMPILE-} -isystem $1/include"
    fi
    if [[ -d $1/lib ]]; then
        export NIX_LDFLAGS="${NIX_LDFLAGS-} -L$1/lib"
    fi
}
addEnvHooks "$targetOffset" addCompilerSearchPaths

export NIX_CC=@out@
export NIX_BINTOOLS=@bintools@
export CC=gcc
export CXX=g++
export LD=ld
export NIX_HARDENING_ENABLE="bindnow format fortify fortify3 pic relro stackprotector strictoverflow"
