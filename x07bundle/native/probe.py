"""The policy probe: a small program of ours around the functions that enforce policies.

So that `x07 policy explain` cannot say one thing and a program do another: there is one matcher.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from x07bundle import assets, files, process
from x07bundle.errors import CompileError
from x07bundle.native.build import Unit
from x07bundle.native.programs import program
from x07bundle.native.toolchain import Toolchain

SOURCE: Final = "stubs/policy_probe/probe.c"


def ask(
    toolchain: Toolchain, variables: Mapping[str, str], folder: Path, questions: bytes
) -> bytes:
    """The probe's answers, a line of JSON for each question.

    `variables`: the policy (contract/policy.md §5). `folder`: what relative paths start from.

    Raises:
        CompileError: the probe does not compile. X07Error: it does not run.
    """
    found = program(toolchain, Unit(files.read_bytes(assets.find(SOURCE)).decode("utf-8")))
    if found.path is None:
        raise _failure(found.built.stderr)
    command = process.Command((str(found.path),), variables, cwd=folder, stdin=questions)
    finished = process.run(command)
    if finished.exit_status != 0:
        raise _failure(finished.stderr)
    return finished.stdout


def _failure(said: bytes) -> CompileError:
    return CompileError(
        "the policy could not be asked",
        said.decode("utf-8", "replace"),
        "choose another C compiler with `X07_CC`, or report it as a bug",
    )
