"""The folder of the public tutorial "Sandbox policy walkthrough", and the commands in it."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bundling import Tool

FOLDER: Final = "sandbox-policy-demo"


@dataclass(frozen=True)
class Walk:
    """`../in.bin` is what its program reads."""

    tool: Tool

    @property
    def folder(self) -> Path:
        return self.tool.folder

    def run(self, *flags: str, status: int = 0) -> dict[str, Any]:
        """The report."""
        done = self.tool("run", "--profile", "sandbox", "--input", "../in.bin", *flags)
        assert done.returncode == status, done.stderr.decode()
        report = json.loads(done.stdout)
        assert isinstance(report, dict)
        return report


def write_module(folder: Path, body: object, *imports: str) -> None:
    """Whose `solve` the project's entry calls."""
    document = {
        "schema_version": "x07.x07ast@0.4.0", "kind": "module", "module_id": "app",
        "imports": list(imports),
        "decls": [
            {"kind": "export", "names": ["app.solve"]},
            {
                "kind": "defn", "name": "app.solve", "result": "bytes", "body": body,
                "params": [{"name": "b", "ty": "bytes_view"}],
            },
        ],
    }  # fmt: skip
    (folder / "src/app.x07.json").write_text(json.dumps(document))


def output(report: dict[str, Any]) -> bytes:
    """As the tutorial decodes it."""
    return base64.b64decode(report["solve_output_b64"])
