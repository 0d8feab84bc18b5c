"""VM bundles for tests: with a frozen launcher, a payload that is a script, and a docker that is
one, too.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.fakes import docker_guests, engines
from tests.unit.contract.policies import policy
from x07bundle.bundle import launcher_files, sidecar
from x07bundle.bundle.sidecar import Guest, Runtime, SidecarContent, Signer
from x07bundle.contract.vm_manifest import PayloadBuild
from x07bundle.host import read as read_host
from x07bundle.native.toolchain import open_toolchain

CONFIG: Final = "sha256:" + "c" * 64
REFERENCE: Final = "x07.local/guest:1"
ACCEPT: Final = "X07_I_ACCEPT_WEAKER_ISOLATION"

PAYLOAD: Final = r"""#!/bin/sh
case $1 in
copy) exec /bin/cat ;;
words) shift; printf '%s\0' "$@" ;;
variable) eval "printf %s \"\$$2\"" ;;
say) printf %s "$2"; printf %s "$3" >&2 ;;
wait) exec /bin/sleep 60 ;;
esac
exit "${TEST_STATUS:-0}"
"""

FOLDERS: Final = {
    "inputs": "/x07/in,readonly",
    "programs": "/x07/bundle,readonly",
    "outputs": "/x07/out",
}
RUN: Final = f"""{docker_guests.begins(FOLDERS)}
while test "$1" != /x07/bundle/starter; do shift; done
shift
words=
if test "$1" = --words; then words=$inputs/words; shift 2; fi
shift 3
set -- "$inputs/policy.json" "$outputs/started" "$programs/payload" "$@"
exec "$programs/starter" ${{words:+--words "$words"}} "$@"
"""
INSPECT: Final = f"'image inspect {CONFIG}'"


class Docker(NamedTuple):
    """`engine`: notes what it was asked. `path`: for PATH."""

    engine: engines.Engine
    path: str

    @property
    def asked(self) -> list[str]:
        return self.engine.commands


def docker(folder: Path, cases: Mapping[str, str] | None = None) -> Docker:
    """One that has the image of the bundles, unless the cases say otherwise."""
    made = engines.engine(folder, "docker")
    own = {INSPECT: made.says(engines.docker_image(CONFIG)), "'run '*": RUN}
    docker_guests.answers(made, own, cases or {})
    return Docker(made, str(made.bin))


def losing(there: Path) -> dict[str, str]:
    """Of an engine that has the image as long as a file is there, and can load it."""
    has_image = f'echo \'[{{"Id": "{CONFIG}"}}]\''
    missing = engines.fails("Error: No such image: x")
    lost = "echo 'docker: No such image' >&2; exit 125"
    return {
        INSPECT: f"if test -e '{there}'; then {has_image}; else {missing}; fi",
        "'image inspect '*": missing,
        "'load '*": f": >'{there}'; echo 'Loaded image: x07.local/guest:1'",
        "'run '*": f"test -e '{there}' || {{ {lost}; }}\n{RUN}",
    }


def runtime(cache: Path) -> Runtime:
    """The launcher, frozen once for all tests."""
    env = {**os.environ, "X07_CACHE_DIR": str(cache)}
    return launcher_files.runtime(open_toolchain(env), env, lambda _: None)


def payload_build() -> PayloadBuild:
    return PayloadBuild(
        where="host",
        tool="x07bundle 0.1.0",
        language="0.2.17",
        architecture=read_host().arch,
        compiler="none",
        static=True,
        image=None,
        command=("bundle", "--project", "x07.json"),
        inputs={"x07.json": "0" * 64},
    )


def content(
    made: Runtime,
    payload: str = PAYLOAD,
    *,
    archive: Path | None = None,
    signer: Signer | None = None,
    attestation: bytes | None = None,
    digests: Mapping[str, str] | None = None,
    **changes: object,
) -> SidecarContent:
    """`changes`: of the policy, which grants nothing else than it has to (`limits__wall_ms=1`)."""
    nothing = {"fs__read_roots": [], "fs__write_roots": [], "fs__enabled": False}
    document = policy("cli", **{**nothing, **changes})
    return SidecarContent(
        backend="docker",
        guest=Guest(REFERENCE, "config", dict(digests or {"config": CONFIG}), archive),
        payload=payload.encode(),
        policy=json.dumps(document, indent=2).encode(),
        payload_build=payload_build(),
        runtime=made,
        signer=signer,
        attestation=attestation,
    )


class Place:
    """A folder with a bundle `app`, a fake docker, and a state of its own."""

    def __init__(self, folder: Path, docker: Docker) -> None:
        self.folder = folder
        self.docker = docker
        self.app = folder / "app"
        self.state = folder / "state" / "jobs"

    def env(self, **variables: str) -> dict[str, str]:
        return {
            "PATH": self.docker.path,
            "HOME": str(self.folder),
            "X07_VM_STATE_DIR": str(self.state),
            ACCEPT: "1",
            **variables,
        }

    def left(self) -> list[str]:
        """Jobs whose folder is still there."""
        names = [path.name for path in self.state.iterdir()] if self.state.exists() else []
        return sorted(name for name in names if not name.startswith("."))


class Bench(Place):
    """Of bundles that are started."""

    def __init__(self, folder: Path, docker: Docker, runtime: Runtime) -> None:
        super().__init__(folder, docker)
        self.runtime = runtime

    def make(self, out: Path | None = None, **given: Any) -> Path:  # noqa: ANN401  as `content`
        out = out or self.app
        sidecar.write(out, content(self.runtime, **given))
        return out

    def start(
        self,
        *arguments: str | bytes,
        app: Path | None = None,
        stdin: bytes = b"",
        without: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
        **more: str,
    ) -> subprocess.CompletedProcess[bytes]:
        """The bundle, to its end. `without`: variables that are left out."""
        env = {k: v for k, v in self.env(**(variables or {}), **more).items() if k not in without}
        return subprocess.run(
            (str(app or self.app), *arguments),
            cwd=self.folder,
            env=env,
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )


def bench(folder: Path, cache: Path, cases: Mapping[str, str] | None = None) -> Bench:
    folder.mkdir(parents=True, exist_ok=True)
    return Bench(folder, docker(folder / "fakes", cases), runtime(cache))


MakeBench = Callable[..., Bench]
"""Of the fixture `make_bench`: takes what its engine says to commands, and what `content` does."""


def maker(folder: Path, cache: Path) -> MakeBench:
    def make(cases: Mapping[str, str] | None = None, **given: Any) -> Bench:  # noqa: ANN401
        made = bench(folder, cache, cases)
        made.make(**given)
        return made

    return make


Move = Callable[[Path, Path], object]


def move(source: Path, target: Path, how: Move = shutil.move) -> None:
    """Both halves."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for half, place in ((source, target), (sidecar.folder_of(source), sidecar.folder_of(target))):
        how(half, place)
