"""What `x07 image push` and `x07 image pull` share: options, progress, the report."""

import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from x07bundle.cli.options import PATH, all_of
from x07bundle.cli.output import echo_bytes
from x07bundle.cli.progress import CLEAR_LINE
from x07bundle.errors import UsageError
from x07bundle.files import json_pretty

if TYPE_CHECKING:
    from x07bundle.registry.push import Done
    from x07bundle.registry.reference import Reference
    from x07bundle.registry.session import Session

OFFLINE_VARIABLE: Final = "X07_OFFLINE"
NOT_OFFLINE: Final = frozenset({"", "0", "false", "no", "off"})
MIB: Final = 1 << 20
BAR_CELLS: Final = 24
REDRAW_SECONDS: Final = 0.1
NAME_CHARACTERS: Final = 19
"""`sha256:` and the first twelve digits."""

registry_options: Final = all_of(
    click.option(
        "--auth-file", metavar="FILE", type=PATH, help="Logins. [those of podman and docker]"
    ),
    click.option(
        "--ca-file", metavar="FILE", type=PATH, help="Trust these alone. [X07_CA_FILE, the system]"
    ),
    click.option("--proxy", metavar="URL", help="Go through it. [HTTPS_PROXY, NO_PROXY]"),
    click.option("--plain-http", is_flag=True, help="No TLS: registries of this machine alone."),
    click.option(
        "--plain-http-host",
        "plain_hosts",
        metavar="HOST[:PORT]",
        multiple=True,
        help="No TLS with this host: everybody between reads passwords and images.",
    ),
    click.option("--offline", is_flag=True, help="Use no network. [X07_OFFLINE]"),
    click.option("--json", "as_json", is_flag=True, help="A report on stdout."),
)


def is_offline(option: bool, env: Mapping[str, str]) -> bool:
    return option or env.get(OFFLINE_VARIABLE, "").strip().lower() not in NOT_OFFLINE


def opened(reference: "Reference", values: Mapping[str, Any]) -> "Session":
    """A session by the options of `registry_options`. Raises UsageError, X07Error."""
    from x07bundle.registry.session import Session
    from x07bundle.registry.settings import Options, settings_for

    options = Options(
        auth_file=values["auth_file"],
        ca_file=values["ca_file"],
        proxy=values["proxy"],
        plain_http=values["plain_http"],
        plain_hosts=values["plain_hosts"],
    )
    return Session(reference, settings_for(reference, options, os.environ))


def refuse_offline(what: str, values: Mapping[str, Any]) -> None:
    """Raises UsageError."""
    if is_offline(values["offline"], os.environ):
        raise UsageError(
            f"{what} needs the network, and `--offline` or X07_OFFLINE forbids it",
            hint="leave it out, or unset X07_OFFLINE",
        )


class Bars:
    """A bar for each blob on a terminal; a line when it is done elsewhere. All on stderr."""

    def __init__(self) -> None:
        self.is_terminal = sys.stderr.isatty()
        self.name, self.size_bytes = "", 0
        self.start_s = self.drawn_s = 0.0

    def begin(self, name: str, size_bytes: int) -> None:
        self.name, self.size_bytes = name[:NAME_CHARACTERS], size_bytes
        self.start_s = time.monotonic()
        self.drawn_s = 0.0
        self.moved(0)

    def moved(self, done_bytes: int) -> None:
        now_s = time.monotonic()
        if not self.is_terminal or now_s - self.drawn_s < REDRAW_SECONDS:
            return
        self.drawn_s = now_s
        done = min(done_bytes / self.size_bytes, 1.0) if self.size_bytes else 1.0
        bar = ("#" * int(done * BAR_CELLS)).ljust(BAR_CELLS, "·")
        speed = done_bytes / MIB / max(now_s - self.start_s, 0.001)
        amount = f"{size(done_bytes)} of {size(self.size_bytes)}"
        click.echo(f"{CLEAR_LINE}{self.name} {bar} {amount} {speed:.0f} MiB/s", err=True, nl=False)

    def end(self, outcome: str) -> None:
        self.note(f"{self.name} {size(self.size_bytes)} {outcome}")

    def note(self, text: str) -> None:
        click.echo(f"{CLEAR_LINE if self.is_terminal else ''}{text}", err=True)


def size(count: int) -> str:
    """For people: `57.2 MiB`, `561 bytes`."""
    return f"{count / MIB:.1f} MiB" if count >= MIB // 10 else f"{count} bytes"


def report(
    schema: str, reference: "Reference", digest: str, done: "tuple[Done, ...]", wall_ms: int
) -> dict[str, Any]:
    """`moved_bytes`: of what was not there."""
    moved = sum(one.size_bytes for one in done if one.outcome in ("pushed", "resumed", "pulled"))
    return {
        "schema_version": schema,
        "reference": str(reference),
        "digest": digest,
        "parts": [one._asdict() for one in done],
        "moved_bytes": moved,
        "wall_ms": wall_ms,
    }


def say_result(document: dict[str, Any], name: str, *, as_json: bool) -> None:
    """The report, or the image by its digest: what a script goes on with."""
    by_digest = f"{name}@{document['digest']}\n".encode()
    echo_bytes(json_pretty(document) if as_json else by_digest)
