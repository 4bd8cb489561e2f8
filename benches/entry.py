"""nix-shell, entered with each hook in turn."""

import os
import sys

from turns import medians

ROUNDS = int(sys.argv[1])
HOOKS = ["nothing", "venv-shell-hook", "pip-install", "venvfix", "venvfix-shell-hook"]
# As before the shell that this runs in.
CLEAN = {name: os.environ[name] for name in ("HOME", "NIX_PATH", "NIX_REMOTE", "TERM") if name in os.environ}
CLEAN["PATH"] = "/run/current-system/sw/bin"


found = medians({hook: (["nix-shell", f"{hook}.nix", "--run", "true"], CLEAN) for hook in HOOKS}, ROUNDS)
over = {hook: found[hook] - found["nothing"] for hook in HOOKS}
print(f"{'hook':16} {'ms':>8} {'over nothing':>13} {'venvfix is':>11}")
for hook in HOOKS:
    ratio = f"1/{over[hook] / over['venvfix-shell-hook']:.1f}" if hook in HOOKS[1:3] else ""
    print(f"{hook:16} {found[hook]:8.1f} {over[hook]:13.1f} {ratio:>11}")
