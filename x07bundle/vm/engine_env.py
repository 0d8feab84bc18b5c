"""The environment of an engine's client: where the engine is, and no more of the caller's."""

from collections.abc import Mapping
from typing import Final

from x07bundle.errors import RefusedError

PASSED: Final = frozenset(
    "PATH HOME USER TMPDIR XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME DBUS_SESSION_BUS_ADDRESS"
    " SSH_AUTH_SOCK DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG DOCKER_CERT_PATH DOCKER_TLS_VERIFY"
    " CONTAINER_HOST CONTAINER_CONNECTION CONTAINERS_CONF CONTAINERS_STORAGE_CONF".split()
)
"""Variables that say where an engine, or its storage, is."""
TRANSPORT: Final = "X07_VM_TRANSPORT"
PLAIN: Final[Mapping[str, str]] = {"LC_ALL": "C"}
"""What is read of a client is read in English (contract/vm.md §6)."""


def environment(env: Mapping[str, str]) -> dict[str, str]:
    return {key: env[key] for key in sorted(PASSED) if key in env}


def asking(env: Mapping[str, str]) -> dict[str, str]:
    """As `environment`, for a command whose words are read."""
    return {**environment(env), **PLAIN}


def streams(env: Mapping[str, str]) -> bool:
    """Whether files reach guests as a stream, also where folders could be shared.

    Raises:
        RefusedError: the variable says something else.
    """
    text = env.get(TRANSPORT, "").strip().lower()
    if text not in ("", "stream"):
        shown = "".join(char if char.isprintable() else "?" for char in text)[:100]
        raise RefusedError(
            f"{TRANSPORT}: there is no transport `{shown}`",
            hint="set it to stream, or unset it: then the backend's own is taken",
        )
    return text == "stream"
