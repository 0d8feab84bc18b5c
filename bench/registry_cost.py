"""(j) Images to a registry and back, beside `skopeo copy`: on loopback, with `docker-registry`.

Without `--tag` the image is called by the version of the tool, which is how skopeo finds it in its
layout. A push goes to a registry that is empty, so that nothing is there already or mounted. Ours
sends what refers to the image too, and reads back what it sent.
"""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench.clock import Action, command, interleave
from bench.figures import Figure
from bench.image_cost import full_image
from bench.workshop import Workshop
from x07bundle import __version__

REPETITIONS: Final = 12
TARGET: Final = 1.3
START_SECONDS: Final = 20
LISTENING: Final = "listening on "
NEEDED: Final = ("docker-registry", "skopeo")
TAG: Final = "bench"


def measure(workshop: Workshop) -> Iterator[Figure]:
    """Nothing where a tool is missing to measure against."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        sys.stderr.write(f"no figures of registries: no {' and no '.join(missing)} on PATH\n")
        return
    image = full_image(workshop)
    if image is not None:
        yield _push(workshop, image)
        yield _pull(workshop, image)


def _push(workshop: Workshop, image: Path) -> Figure:
    ours = (workshop.x07, "image", "push", "--plain-http", "--from", image)
    theirs = _skopeo("--dest-tls-verify=false", f"oci:{image}:{__version__}")
    actions = {
        "x07": _to_an_empty_one(workshop, lambda host: (*ours, f"{host}/a/b:{TAG}")),
        "skopeo": _to_an_empty_one(workshop, lambda host: (*theirs, f"docker://{host}/a/b:{TAG}")),
    }
    return _compared("(j) push of `full` against skopeo copy", actions)


def _pull(workshop: Workshop, image: Path) -> Figure:
    ours, theirs = workshop.folder / "pulled", workshop.folder / "copied"
    with _serving(workshop.folder / "registry") as host:
        name = f"{host}/a/b:{TAG}"
        command((workshop.x07, "image", "push", name, "--plain-http", "--from", image))()
        pull = (workshop.x07, "image", "pull", name, "--plain-http", "--out", ours)
        copy = (*_skopeo("--src-tls-verify=false", f"docker://{name}"), f"oci:{theirs}:{TAG}")
        actions = {"x07": _into(ours, command(pull)), "skopeo": _into(theirs, command(copy))}
        return _compared("(j) pull of `full` against skopeo copy", actions)


def _skopeo(*words: str) -> tuple[str, ...]:
    return ("skopeo", "copy", "-q", "--preserve-digests", *words)


def _compared(name: str, actions: dict[str, Action]) -> Figure:
    spent = interleave(actions, REPETITIONS)
    ratio = spent["x07"].least_ms / spent["skopeo"].least_ms
    detail = f"x07 {spent['x07']}; skopeo {spent['skopeo']}"
    return Figure(name, ratio, TARGET, "", detail)


def _to_an_empty_one(workshop: Workshop, argv: Callable[[str], tuple[str | Path, ...]]) -> Action:
    folder = workshop.folder / "empty"

    def run() -> float:
        with _serving(folder) as host:
            spent_ms = command(argv(host))()
        shutil.rmtree(folder)
        return spent_ms

    return run


def _into(out: Path, action: Action) -> Action:
    """Into a folder that is not there."""

    def run() -> float:
        shutil.rmtree(out, ignore_errors=True)
        return action()

    return run


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """A registry that keeps what it has in a folder; its host."""
    folder.mkdir()
    storage = f"storage: {{filesystem: {{rootdirectory: '{folder}/kept'}}}}"
    lines = ("version: 0.1", storage, "http: {addr: '127.0.0.1:0'}", "")
    (folder / "config.yml").write_text("\n".join(lines))
    argv = ("docker-registry", "serve", folder / "config.yml")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        yield f"localhost:{_port(folder / 'log', server)}"
    finally:
        server.terminate()
        server.wait()


def _port(log: Path, server: subprocess.Popen[bytes]) -> str:
    end_s = time.monotonic() + START_SECONDS
    while time.monotonic() < end_s and server.poll() is None:
        _, found, rest = log.read_text().partition(LISTENING)
        if found and (address := rest.split('"')[0].split(",")[0]):
            return address.rpartition(":")[2]
        time.sleep(0.02)
    raise SystemExit(f"error: docker-registry did not start\n{log.read_text()}")
