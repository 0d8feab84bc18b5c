"""What goes into a toolchain: every command of a guest, and nothing that makes images."""

from importlib import import_module

import pytest

from x07bundle import assets
from x07bundle.cli.main import SUBCOMMANDS
from x07bundle.freeze import contents


def test_commands_are_named_though_no_analysis_finds_them() -> None:
    modules = set(contents.modules())
    commands = {command.module for command in SUBCOMMANDS.values()}
    assert commands - modules == {"x07bundle.cli.image"}


@pytest.mark.parametrize("room", contents.LEFT_OUT)
def test_rooms_that_stay_out_are_rooms(room: str) -> None:
    import_module(room)
    assert not any(module == room or module.startswith(f"{room}.") for module in contents.modules())


def test_modules_exist() -> None:
    assert set(contents.modules()) >= {"x07bundle", "x07bundle.cli.start", "x07bundle.std"}
    for module in contents.modules():
        path = assets.PACKAGE.parent / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_files_that_are_read_come_along() -> None:
    names = [asset.name for asset in contents.data()]
    assert names == sorted(set(names))
    assert {
        "stubs/runtime/include/x07.h",
        "stubs/policy_probe/probe.c",
        "launcher_templates/native_main.c.j2",
        "x07bundle/std/modules/std/bytes.x07.json",
        "x07bundle/schemas/x07.lock@0.4.0.schema.json",
    } <= set(names)
    assert not [
        name for name in names if "__pycache__" in name or name.endswith((".py", ".spec.j2"))
    ]


def test_the_digest_is_that_of_the_contents() -> None:
    assert contents.digest() == contents.digest()
    assert len(contents.digest()) == 64
