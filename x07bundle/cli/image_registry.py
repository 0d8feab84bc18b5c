"""What `x07 image push` and `x07 image pull` share: options, progress, the report."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from x07bundle.cli.options import PATH, all_of
from x07bundle.cli.output import echo_bytes
from x07bundle.errors import UsageError
from x07bundle.files import json_pretty
from x07bundle.image.sizes import MIB, size

if TYPE_CHECKING:
    from x07bundle.registry.outcomes import Done
    from x07bundle.registry.reference import Reference
    from x07bundle.registry.session import Session

OFFLINE_VARIABLE: Final = "X07_OFFLINE"
NOT_OFFLINE: Final = frozenset({"", "0", "false", "no", "off"})
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


def opened(
    reference: "Reference", values: Mapping[str, Any], bars: "Bars | None" = None
) -> "Session":
    """A session by the options of `registry_options`, which says on `bars` what it waits for.

    Raises UsageError, X07Error.
    """
    from x07bundle.registry.session import Session
    from x07bundle.registry.settings import Options, settings_for

    options = Options(
        auth_file=values["auth_file"],
        ca_file=values["ca_file"],
        proxy=values["proxy"],
        plain_http=values["plain_http"],
        plain_hosts=values["plain_hosts"],
    )
    settings = settings_for(reference, options, os.environ)
    return Session(reference, settings, time.sleep, (bars or Bars()).note)


def refuse_offline(what: str, values: Mapping[str, Any]) -> None:
    """Raises UsageError."""
    if is_offline(values["offline"], os.environ):
        raise UsageError(
            f"{what} needs the network, and `--offline` or X07_OFFLINE forbids it",
            hint="leave it out, or unset X07_OFFLINE",
        )


class Bar:
    """One blob on its way."""

    def __init__(self, bars: "Bars", name: str, size_bytes: int) -> None:
        self.bars, self.name, self.size_bytes = bars, name, size_bytes
        self.done_bytes = 0
        self.start_s = time.monotonic()

    def moved(self, done_bytes: int) -> None:
        self.done_bytes = done_bytes
        self.bars.draw()

    def end(self, outcome: str) -> None:
        self.bars.remove(self, f"{self.name} {size(self.size_bytes)} {outcome}")

    def __str__(self) -> str:
        part = min(self.done_bytes / self.size_bytes, 1.0) if self.size_bytes else 1.0
        cells = ("#" * int(part * BAR_CELLS)).ljust(BAR_CELLS, "·")
        speed = self.done_bytes / MIB / max(time.monotonic() - self.start_s, 0.001)
        amount = f"{size(self.done_bytes)} of {size(self.size_bytes)}"
        return f"{self.name} {cells} {amount}, {speed:.0f} MiB/s"


class Bars:
    """A bar for each blob on a terminal, below the lines of those that are done; elsewhere the
    lines alone. All on stderr."""

    def __init__(self) -> None:
        self.is_terminal = sys.stderr.isatty()
        self.lock = threading.Lock()
        self.bars: list[Bar] = []
        self.drawn = 0
        self.drawn_s = 0.0

    def begin(self, name: str, size_bytes: int) -> Bar:
        bar = Bar(self, name[:NAME_CHARACTERS], size_bytes)
        with self.lock:
            self.bars.append(bar)
        return bar

    def draw(self) -> None:
        with self.lock:
            if self.is_terminal and time.monotonic() - self.drawn_s > REDRAW_SECONDS:
                self._show("")

    def remove(self, bar: Bar, line: str) -> None:
        with self.lock:
            self.bars.remove(bar)
            self._show(f"{line}\n")

    def note(self, text: str) -> None:
        with self.lock:
            self._show(f"{text}\n")

    def _show(self, lines: str) -> None:
        """Lines that stay, and the bars anew."""
        back = f"\x1b[{self.drawn}F\x1b[J" if self.drawn else ""
        width = shutil.get_terminal_size().columns - 1
        shown = [str(bar)[:width] for bar in self.bars] if self.is_terminal else []
        self.drawn, self.drawn_s = len(shown), time.monotonic()
        text = back + lines + "".join(f"{line}\n" for line in shown)
        click.echo(text, err=True, nl=False, color=self.is_terminal)


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
