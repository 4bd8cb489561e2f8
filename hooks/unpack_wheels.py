"""Lays out the wheels of a folder as an installer would, without running anything of theirs.

usage: unpack_wheels.py FOLDER SITE_PACKAGES

The parts of NAME.data go where the wheel format puts them, scripts into bin/ of SITE_PACKAGES, and
RECORD follows, so that what is read afterwards knows whose each file is.
"""

import pathlib
import shutil
import sys
import zipfile

# A RECORD of 65,000 files has 7 MB.
_MOST_RECORD = 32 << 20

# PEP 427, "The .data directory". Headers and data hold no objects that are loaded.
_PLACES = {"purelib": "", "platlib": "", "scripts": "bin/"}


def _place(name, data):
    """Where a member of the archive belongs, or None for what is not laid out."""
    if not name.startswith(data):
        return name
    part, _, rest = name[len(data) :].partition("/")
    return _PLACES[part] + rest if part in _PLACES else None


def _unpack(wheel, target):
    data = "-".join(wheel.name.split("-")[:2]) + ".data/"
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            place = _place(member.filename, data)
            if member.is_dir() or not place:
                continue
            try:
                _write(archive, member, target, place, data)
            except (OSError, ValueError) as error:
                # An odd name stops nothing but itself.
                print(f"{wheel.name}: left out {member.filename!r}: {error}", file=sys.stderr)


def _write(archive, member, target, place, data):
    path = target / place
    if not path.resolve().is_relative_to(target):
        raise ValueError("it leads out of the wheel")
    path.parent.mkdir(parents=True, exist_ok=True)
    if place.endswith(".dist-info/RECORD") and member.file_size <= _MOST_RECORD:
        lines = archive.read(member).decode(errors="replace").splitlines()
        path.write_text("".join(f"{_place(line, data) or line}\n" for line in lines))
        return
    with archive.open(member) as source, path.open("wb") as copy:
        shutil.copyfileobj(source, copy)


def main():
    folder, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    for wheel in sorted(folder.glob("*.whl")):
        _unpack(wheel, target)


main()
