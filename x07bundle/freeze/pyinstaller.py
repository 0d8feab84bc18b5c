"""Running PyInstaller: with nothing of this machine in what it makes.

Byte code depends on the order of sets, so the seed of hashes is fixed; what it keeps between runs
is kept in the folder that it works in.
"""

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from x07bundle import assets, files, process
from x07bundle.errors import ToolMissingError, X07Error

WALL_MS: Final = 900_000
OUTPUT_CAP_BYTES: Final = 1 << 20
SHOWN_LINES: Final = 8
PASSED_ON: Final = ("PATH", "HOME", "PYTHONPATH", "PYTHONUSERBASE", "LD_LIBRARY_PATH")
"""Variables that decide which Python and which packages are found."""
TOOLS: Final[Mapping[str, tuple[str, ...]]] = {
    "linux": ("strip", "objcopy", "objdump"),
    "darwin": ("strip", "lipo", "install_name_tool", "codesign"),
}
INSTALL: Final[Mapping[str, str]] = {
    "linux": "install binutils: `apt-get install binutils`",
    "darwin": "`xcode-select --install` brings it",
}
"""By `sys.platform`."""
MODULE: Final = "PyInstaller"


def check(env: Mapping[str, str], what: str) -> None:
    """Raises ToolMissingError: something is not there that freezing takes. `what`: for people."""
    if find_spec(MODULE) is None:
        raise ToolMissingError(
            f"PyInstaller is missing, which freezes {what}",
            hint=f"`{sys.executable} -m pip install 'pyinstaller>=6.11,<7'`",
        )
    for tool in TOOLS.get(sys.platform, ()):
        if process.find_program(tool, env) is None:
            raise ToolMissingError(
                f"`{tool}` is missing, which freezing {what} takes",
                hint=INSTALL[sys.platform],
            )


def version() -> str:
    """Of PyInstaller. Raises PackageNotFoundError, which `check` rules out."""
    found = find_spec(MODULE)
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        for folder in Path(place).parent.glob("[Pp]y[Ii]nstaller-*.dist-info"):
            return folder.name.split("-")[1].removesuffix(".dist")
    from importlib import metadata  # takes as long as all else of a bundle that was made before

    return metadata.version(MODULE)


def version_or_none() -> str | None:
    """Of PyInstaller; None where it is missing."""
    return version() if find_spec(MODULE) is not None else None


def run(folder: Path, name: str, values: Mapping[str, str], env: Mapping[str, str]) -> Path:
    """Freeze what the spec of that name says, in `folder`, which is ours; the folder it made.

    `values`: for the holes of the spec, as Python. Entry scripts are in `folder`.

    Raises:
        X07Error: PyInstaller fails; what it said last is in the details.
    """
    spec = folder / f"{name}.spec"
    text = rendered(f"{name}.spec.j2", {**values, "name": repr(name)})
    files.write_atomic(spec, text.encode())
    finished = process.run(_command(folder, spec, env))
    if finished.exit_status or finished.timed_out:
        said = finished.stderr.decode("utf-8", "replace").strip().splitlines()
        raise X07Error(
            f"PyInstaller cannot freeze the {name}",
            "\n".join(said[-SHOWN_LINES:]),
            "it takes a Python with a shared library (Debian's python3-dev has it)",
        )
    return folder / "dist" / name


def rendered(template: str, values: Mapping[str, str]) -> str:
    """A template of `launcher_templates/`, whose holes are filled with Python."""
    import jinja2  # only to freeze

    source = files.read_bytes(assets.find(f"launcher_templates/{template}")).decode()
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(source).render(values)


def _command(folder: Path, spec: Path, env: Mapping[str, str]) -> process.Command:
    words = (sys.executable, "-m", MODULE, "--noconfirm", "--log-level", "WARN")
    places = ("--distpath", str(folder / "dist"), "--workpath", str(folder / "build"))
    own = {
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYINSTALLER_CONFIG_DIR": str(folder / "config"),
        "PYINSTALLER_ZLIB_COMPRESSION_LEVEL": "0",  # nothing is unpacked at a start
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
    }
    return process.Command(
        (*words, *places, str(spec)),
        {**{key: env[key] for key in PASSED_ON if key in env}, **own},
        cwd=folder,
        stdout_cap=OUTPUT_CAP_BYTES,
        stderr_cap=OUTPUT_CAP_BYTES,
        wall_ms=WALL_MS,
    )
