"""Which worlds this runner runs."""

from x07bundle.contract.worlds import DEFAULT, OS_WORLDS, SANDBOXED
from x07bundle.errors import UsageError


def check_world(world: str) -> None:
    """Nothing, for a world that can be run here.

    Raises:
        UsageError: it cannot.
    """
    if world not in OS_WORLDS:
        raise UsageError(
            f"os runner is incompatible with --world {world}",
            "the evaluation worlds (solve-*) are not available in this version",
            "choose a profile of the world `run-os`: `--profile os`",
        )


def check_sandbox_flags(world: str, flags: tuple[str, ...]) -> None:
    """Nothing, where the world has the options that were given.

    Raises:
        UsageError: it is not sandboxed, and some that only a sandboxed run has were given.
    """
    if flags and world != SANDBOXED:
        verb = "is" if len(flags) == 1 else "are"
        raise UsageError(
            f"{', '.join(f'`{flag}`' for flag in flags)} {verb} only valid for --world {SANDBOXED}",
            f"this run is of `{world}`, which nothing confines",
            "choose a profile of that world, as in `--profile sandbox`, or leave the option out",
        )


def refuse_artifact() -> UsageError:
    """The error for a finished executable in a sandbox."""
    return UsageError(
        f"`--artifact` is not run in the world `{SANDBOXED}`",
        "what confines a program is compiled into it, and an executable does not show whether it "
        "was",
        "run the program or the project that it was made of",
    )


def world_of_runner(is_host: bool, is_os: bool) -> str | None:
    """The world that `--host` or `--os` stands for."""
    if is_os:
        return DEFAULT
    return "solve-pure" if is_host else None


def check_runner(runner: str | None, world: str) -> None:
    """Nothing, for a runner that fits the world.

    Raises:
        UsageError: it does not.
    """
    is_os_world = world in OS_WORLDS
    if (runner == "host" and is_os_world) or (runner == "os" and not is_os_world):
        raise UsageError(
            f"{runner} runner is incompatible with --world {world}",
            hint="leave the runner out: it follows from the world",
        )
