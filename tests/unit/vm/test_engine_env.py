"""What variables say of transports, and which of them clients of engines get."""

import pytest

from x07bundle.errors import RefusedError
from x07bundle.vm import engine_env


@pytest.mark.parametrize(
    ("text", "is_streamed"), [(None, False), ("", False), (" Stream\n", True), ("stream", True)]
)
def test_files_are_streamed_where_the_variable_says_so(text: str | None, is_streamed: bool) -> None:
    env = {} if text is None else {engine_env.TRANSPORT: text}
    assert engine_env.streams(env) is is_streamed


@pytest.mark.parametrize("text", ["mounts", "streams", "1", "\x1b[2J"])
def test_another_transport_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="there is no transport") as refused:
        engine_env.streams({engine_env.TRANSPORT: text})
    assert "\x1b" not in refused.value.render()


def test_clients_get_what_says_where_an_engine_is() -> None:
    env = {"DOCKER_HOST": "unix:///s", "SECRET": "x", "PATH": "/bin", "LC_ALL": "de_DE"}
    assert engine_env.environment(env) == {"DOCKER_HOST": "unix:///s", "PATH": "/bin"}
    assert engine_env.asking(env)["LC_ALL"] == "C"
