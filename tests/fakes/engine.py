"""An engine whose guests are processes of this machine, and a backend that drives it.

A guest outlives the client that started it, as those of real engines do. Its folder below the
store has its labels and the id of its process; the store's `log` has a line for each command that
the engine was given.
"""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.fakes import install
from x07bundle.vm.backend import Caps, Orphan, Query
from x07bundle.vm.job import Digest, Image, Job, KillPlan, Launch

STORE: Final = "FAKE_ENGINE"
DOWN: Final = ".down"
FORGETS: Final = ".forgets"
SCRIPT: Final = r"""
store=$FAKE_ENGINE guest=$store/$2
echo "$*" >>"$store/.log"
if test -e "$store/.slow"; then sleep "$(cat "$store/.slow")"; fi
if test -e "$store/.down"; then
    echo "cannot connect to the engine: dial unix: no such file or directory" >&2
    exit 125
fi
gone() {
    test -d "$guest" && return
    echo "Error: no such container: $(basename "$guest")" >&2
    exit 1
}
case $1 in
run)
    exec 3<&0
    mkdir "$guest" 2>/dev/null || { echo "the name $2 is in use" >&2; exit 125; }
    echo "$3" >"$guest/labels"
    ready=$4
    shift 4
    setsid env --default-signal=INT,QUIT sh -c 'echo $$ >"$0/pid"; exec "$@"' \
        "$guest" "$@" <&3 3<&- &
    child=$!
    for name in INT TERM HUP QUIT; do
        trap "kill -$name \$(cat '$guest/pid')" $name
    done
    until test -s "$guest/pid"; do sleep 0.01; done
    test -z "$ready" || echo >"$ready"
    while :; do
        wait $child
        status=$?
        kill -0 $child 2>/dev/null || break
    done
    test -e "$store/.forgets" || rm -rf "$guest"
    exit $status ;;
kill) gone; kill "-$3" "$(cat "$guest/pid")" ;;
rm) gone; kill -KILL "$(cat "$guest/pid")" 2>/dev/null; rm -rf "$guest" ;;
inspect) gone ;;
ps) for each in "$store"/*/labels; do
        test -e "$each" && echo "$(basename "$(dirname "$each")") $(cat "$each")"
    done
    exit 0 ;;
images) exit 0 ;;
load | pull) echo "no room for images" >&2; exit 1 ;;
esac
"""


class FakeBackend(NamedTuple):
    """`is_held`: it has a ready file. `env`: of the client."""

    program: str
    env: Mapping[str, str]
    is_held: bool = False
    name: str = "docker"
    caps: Caps = Caps("container", ("config",))

    def launch(self, job: Job) -> Launch:
        ready = f"{job.folder}/ready" if self.is_held else None
        labels = json.dumps(dict(job.labels), separators=(",", ":"))
        argv = (self.program, "run", job.container_id, labels, ready or "", *job.argv)
        return Launch(argv, {**self.env, **job.env}, ready_file=ready)

    def kill_plan(self, container_id: str, grace_ms: int) -> KillPlan:
        del grace_ms
        return KillPlan(
            soft=((self.program, "kill", container_id, "TERM"),),
            hard=((self.program, "kill", container_id, "KILL"),),
            cleanup=((self.program, "rm", container_id),),
            probe=(self.program, "inspect", container_id),
            env=self.env,
        )

    # Its guests are processes, of no image: it has none, and gets none.

    def image_name(self, image: Image) -> str:
        return image.reference

    def digests(self, reference: str) -> Query[tuple[Digest, ...]]:
        return Query((self.program, "images", reference), self.env, lambda _: ())

    def pin(self, image: Image) -> None:
        """They are run by name."""

    def load(self, archive: str) -> Query[str]:
        return Query((self.program, "load", archive), self.env, str.strip)

    def pull(self, reference: str, digest: Digest | None) -> Query[None]:
        del digest
        return Query((self.program, "pull", reference), self.env, lambda _: None)

    def orphans(self) -> Query[tuple[Orphan, ...]]:
        return Query((self.program, "ps", "-"), self.env, _orphans)

    def labels(self, container_id: str) -> None:
        """The list has them."""


def _orphans(text: str) -> tuple[Orphan, ...]:
    lines = (line.partition(" ") for line in text.splitlines())
    return tuple(Orphan(name, json.loads(labels)) for name, _, labels in lines)


class Engine(NamedTuple):
    """The store of an engine."""

    store: Path
    backend: FakeBackend

    def guests(self) -> list[str]:
        return sorted(path.name for path in self.store.iterdir() if path.is_dir())

    def commands(self) -> list[str]:
        """What the engine was asked, without arguments that are made anew each time."""
        log = self.store / ".log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.split()[0] for line in lines if line.strip()]

    def stop(self) -> None:
        (self.store / DOWN).touch()

    def restart(self) -> None:
        (self.store / DOWN).unlink()

    def forget_guests(self) -> None:
        """From now on clients do not remove theirs."""
        (self.store / FORGETS).touch()

    def add_guest(self, name: str, labels: Mapping[str, str]) -> None:
        """A guest without a process."""
        guest = self.store / name
        guest.mkdir()
        (guest / "labels").write_text(json.dumps(dict(labels)))
        (guest / "pid").write_text("999999999\n")

    def kill_all(self) -> None:
        """After a test that failed."""
        for path in self.store.glob("*/pid"):
            try:
                os.kill(int(path.read_text()), signal.SIGKILL)
            except (OSError, ValueError):
                continue


def make(folder: Path) -> Engine:
    store = folder / "store"
    store.mkdir()
    program = install(folder / "bin", "engine", SCRIPT)
    env = {"PATH": os.environ["PATH"], STORE: str(store)}
    return Engine(store, FakeBackend(str(program), env))


def at(folder: Path) -> Engine:
    """One that was made before."""
    program = folder / "bin/engine"
    env = {"PATH": os.environ["PATH"], STORE: str(folder / "store")}
    return Engine(folder / "store", FakeBackend(str(program), env))
