"""A build backend that says when it starts, and goes on when a file called go is there."""

import pathlib
import time
import zipfile

INFO = "slow-1.0.dist-info"
FILES = {
    "slow.py": "",
    f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def build_wheel(folder, config_settings=None, metadata_directory=None):
    here = pathlib.Path(__file__).parent
    (here / "started").touch()
    while not (here / "go").exists():
        time.sleep(0.01)
    name = "slow-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        for path, text in FILES.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{INFO}/RECORD", "".join(f"{path},,\n" for path in [*FILES, f"{INFO}/RECORD"]))
    return name
