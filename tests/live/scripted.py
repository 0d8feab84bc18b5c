"""VM bundles whose payload is a script, which a guest of the image `full` runs."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests import vm_bundles
from tests.live.guest_tool import NOTHING, Tool
from x07bundle.bundle import sidecar
from x07bundle.bundle.sidecar import Guest
from x07bundle.native.cache import Cache
from x07bundle.vm import images
from x07bundle.vm.asking import ask
from x07bundle.vm.job import Image


class Scripted:
    """`app`: in the folder that it is started from."""

    def __init__(self, tool: Tool, app: Path) -> None:
        self.tool = tool
        self.app = app
        self.folder = app.parent

    def start(self, *arguments: str, **given: Any) -> subprocess.CompletedProcess[bytes]:  # noqa: ANN401
        return self.tool.start(self.app, *arguments, **given)

    def opened(
        self,
        *arguments: str,
        more: Mapping[str, str] = NOTHING,
        **streams: Any,  # noqa: ANN401
    ) -> subprocess.Popen[bytes]:
        usual = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            (self.app, *arguments),
            cwd=self.folder,
            env={**self.tool.bundle_env, **more},
            **{**usual, **streams},
        )


def write(tool: Tool, folder: Path, script: str, **policy: Any) -> Path:  # noqa: ANN401  as `content`
    """The bundle `app`."""
    image = images.resolve(tool.engine.backend, tool.reference)
    guest = Guest(tool.reference, image.digest.kind, digests(tool, image))
    runtime = vm_bundles.runtime(Cache(tool.cache).folder)
    content = vm_bundles.content(runtime, script, **policy)
    sidecar.write(folder / "app", content._replace(backend=tool.engine.name, guest=guest))
    return folder / "app"


def digests(tool: Tool, image: Image) -> dict[str, str]:
    """The first of each kind."""
    backend = tool.engine.backend
    found: dict[str, str] = {}
    for digest in ask(backend.digests(backend.image_name(image))):
        found.setdefault(digest.kind, digest.value)
    return found
