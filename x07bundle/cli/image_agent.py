"""The guest's agent for images: given as a file, or compiled here."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from x07bundle import __version__, files
from x07bundle.cli.image_steps import ShownSteps
from x07bundle.errors import ToolMissingError, UsageError
from x07bundle.image import agent, assembly
from x07bundle.image.agent import Agent
from x07bundle.native import agent as native

MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}


def given(
    places: tuple[Path, ...], architectures: tuple[str, ...], toolchain: Path | None
) -> Mapping[str, Agent]:
    """Those that are files, by architecture.

    Raises:
        UsageError: a file is no agent for one of the images, or the toolchain has one too.
    """
    if places and assembly.has_agent(toolchain):
        raise UsageError(f"`{toolchain}` has `{agent.PLACE}` already", hint="leave out `--agent`")
    return agent.given(places, architectures)


def find(
    found: Mapping[str, Agent], architecture: str, toolchain: Path | None, steps: ShownSteps
) -> Agent | None:
    """None: the toolchain brings it.

    Raises:
        ToolMissingError: nothing on this machine compiles one.
    """
    if assembly.has_agent(toolchain):
        return None
    return found[architecture] if architecture in found else _compiled(architecture, steps)


def _compiled(architecture: str, steps: ShownSteps) -> Agent:
    steps.say(f"{architecture}: the guest agent")
    try:
        made = native.agent(os.environ, MACHINES[architecture])
    except ToolMissingError as error:
        raise ToolMissingError(
            f"the guest agent cannot be compiled for {architecture}",
            f"{error.brief}\n{error.details or ''}",
            f"{error.hint}; or name one that was compiled elsewhere: `--agent FILE`",
        ) from error
    return Agent(files.read_bytes(made.program), made.compiler, __version__)
