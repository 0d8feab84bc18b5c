"""The `main` of programs: templates with holes, values as C."""

import shutil
import subprocess
from pathlib import Path

import jinja2
import pytest

from x07bundle import assets
from x07bundle.native.cache import Cache
from x07bundle.native.main_text import c_string, render

TEMPLATES = sorted(assets.find("launcher_templates").glob("*.c.j2"))
VALUES = {"name": '"app"', "max_output_bytes": "1u", "cpu_time_limit_seconds": "2u"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_holes_and_no_logic(template: Path) -> None:
    tree = jinja2.Environment().parse(template.read_text(encoding="utf-8"))
    kinds = {type(node) for node in tree.find_all(jinja2.nodes.Node)}
    assert kinds <= {jinja2.nodes.Output, jinja2.nodes.TemplateData, jinja2.nodes.Name}


def test_what_is_kept_gives_the_text_that_jinja2_gives(tmp_path: Path) -> None:
    template = assets.find("launcher_templates/native_main.c.j2").read_text(encoding="utf-8")
    expected = jinja2.Template(template, keep_trailing_newline=True).render(VALUES)
    first = render("native_main.c.j2", VALUES, Cache(tmp_path))
    again = render("native_main.c.j2", VALUES, Cache(tmp_path))
    assert first == again == expected


def test_a_hole_without_a_value_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(jinja2.UndefinedError, match="name"):
        render("native_main.c.j2", {}, Cache(tmp_path))


def test_values_are_not_looked_into(tmp_path: Path) -> None:
    values = {**VALUES, "name": '"{{ max_output_bytes }}"'}
    assert values["name"] in render("native_main.c.j2", values, Cache(tmp_path))


@pytest.mark.parametrize(
    "data", [b"app", b"", bytes(range(1, 256)), b'??=/\\"%d\n', b"\x01name\x01"]
)
def test_a_c_string_has_the_bytes(tmp_path: Path, data: bytes) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler on PATH")
    text = c_string(data)
    assert text.isascii()
    assert text.isprintable()
    source = tmp_path / "text.c"
    source.write_text(
        f"#include <stdio.h>\nint main(void) {{ return fputs({text}, stdout) < 0; }}\n"
    )
    flags = ("-std=c11", "-Wall", "-Wextra", "-Werror")
    words = [compiler, *flags, "-o", str(tmp_path / "text"), str(source)]
    subprocess.run(words, check=True)
    shown = subprocess.run([tmp_path / "text"], check=True, stdout=subprocess.PIPE)
    assert shown.stdout == data
