"""Engines that are not there: executables that answer as the real ones do, and note what was asked.

What they say was said by docker 20.10 and 28, podman 4.3 and ctr 1.6; of Apple's `container`, by
its sources (1.2 and 0.6).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.fakes import install

HANGS: Final = "exec /bin/sleep 600"
GARBAGE: Final = "printf '\\377\\376\\000{[[\"'"
NOTHING: Final = ":"

LOG: Final = "asked"
SCRIPT: Final = """\
folder='{folder}'
echo "$*" >> "$folder/asked"
case "$*" in
{cases}
*) echo "no answer to $*" >&2; exit 97;;
esac"""


class Engine(NamedTuple):
    """`folder`: has the log and the bytes of answers. `bin`: where the executable is."""

    name: str
    folder: Path
    bin: Path

    def answers(self, cases: Mapping[str, str]) -> None:
        """Pattern of all words (of sh) to a script, the first that fits."""
        lines = "\n".join(f"{pattern}) {script};;" for pattern, script in cases.items())
        install(self.bin, self.name, SCRIPT.format(folder=self.folder, cases=lines))

    def says(self, text: str) -> str:
        """A script that prints a text."""
        number = len(list(self.folder.glob("answer.*")))
        file = self.folder / f"answer.{number}"
        file.write_text(text)
        return f"/bin/cat '{file}'"

    @property
    def commands(self) -> list[str]:
        """What it was asked, without arguments."""
        return [line.split(" ", 1)[0] for line in self.asked]

    @property
    def asked(self) -> list[str]:
        log = self.folder / LOG
        return log.read_text().splitlines() if log.exists() else []


def engine(folder: Path, name: str) -> Engine:
    place = folder / f"engine-{name}"
    place.mkdir(parents=True)
    return Engine(name, place, folder / "bin")


def fails(said: str, status: int = 1) -> str:
    return f"echo '{said}' >&2; exit {status}"


def docker_image(identity: str, names: tuple[str, ...] = (), **more: object) -> str:
    """`docker image inspect`."""
    document: list[dict[str, Any]] = [{"Id": identity, "RepoDigests": [*names], **more}]
    return json.dumps(document, indent=4)


def podman_image(config: str, manifest: str, names: tuple[str, ...] = ()) -> str:
    """`podman image inspect`: an ID without what it is a digest of."""
    plain = config.removeprefix("sha256:")
    return json.dumps([{"Id": plain, "Digest": manifest, "RepoDigests": [*names]}], indent=4)


def ctr_images(*rows: tuple[str, str]) -> str:
    """`ctr images ls`: names and digests."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    heading = "REF TYPE DIGEST SIZE PLATFORMS LABELS \n"
    lines = (f"{name} {kind} {digest} 190.9 KiB linux/amd64 -      \n" for name, digest in rows)
    return heading + "".join(lines)


def apple_image(digest: str, name: str = "x") -> str:
    """`container image inspect` from 1.0 on."""
    configuration = {"name": name, "descriptor": {"digest": digest, "size": 1}}
    return json.dumps([{"id": digest[7:], "configuration": configuration, "variants": []}])


def old_apple_image(digest: str) -> str:
    """The same before."""
    return json.dumps([{"name": "x", "index": {"digest": digest}, "variants": []}])
