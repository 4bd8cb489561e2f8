"""nix-shell, entered with each hook in turn."""

import os
import sys

from turns import medians

ROUNDS = int(sys.argv[1])
SHELLS = ["empty", "python", "venv-shell-hook", "pip-install", "venvfix", "venvfix-shell-hook"]
# As before the shell that this runs in.
CLEAN = {name: os.environ[name] for name in ("HOME", "NIX_PATH", "NIX_REMOTE", "TERM") if name in os.environ}
CLEAN["PATH"] = "/run/current-system/sw/bin"

found = medians({name: (["nix-shell", f"{name}.nix", "--run", "true"], CLEAN) for name in SHELLS}, ROUNDS)
print(f"{'shell':20} {'ms':>7} {'over empty':>11} {'over python':>12}")
for name in SHELLS:
    print(f"{name:20} {found[name]:7.1f} {found[name] - found['empty']:11.1f} {found[name] - found['python']:12.1f}")
