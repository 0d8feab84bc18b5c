"""Which worlds this runner runs."""

from x07bundle.contract.worlds import DEFAULT, OS_WORLDS, SANDBOXED
from x07bundle.errors import UsageError


def check_world(world: str) -> None:
    """Nothing, for a world that can be run here.

    Raises:
        UsageError: it cannot.
    """
    if world == SANDBOXED:
        raise UsageError(
            f"runs in the world `{SANDBOXED}` are not available in this version",
            "it runs programs of `run-os`, which nothing confines",
            "choose a profile of that world: `--profile os`",
        )
    if world not in OS_WORLDS:
        raise UsageError(
            f"os runner is incompatible with --world {world}",
            "the evaluation worlds (solve-*) are not available in this version",
            "choose a profile of the world `run-os`: `--profile os`",
        )


def refuse_sandbox_flags(flags: tuple[str, ...]) -> None:
    """Options that only a sandboxed run has.

    Raises:
        UsageError: some were given.
    """
    if flags:
        raise UsageError(
            f"{', '.join(f'`{flag}`' for flag in flags)}: not available in this version",
            f"only runs in the world `{SANDBOXED}` have a policy to set or to change",
            "leave it out, and choose a profile of the world `run-os`: `--profile os`",
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
