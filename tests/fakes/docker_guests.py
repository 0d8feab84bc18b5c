"""A docker whose guests are processes of this machine, as far as a program sees it."""

from collections.abc import Mapping
from typing import Final

from tests.fakes import engines

KILL: Final = """
read -r guest <"$folder/guest" && read -r children <"/proc/$guest/task/$guest/children"
kill -KILL $guest $children
"""
USUAL: Final = {
    "'version '*": "echo 20.10.24",
    "'kill '*": KILL,
    "'ps '*|'rm '*|'stop '*": ":",
    "'inspect '*|'container '*": engines.fails("Error: No such container: x"),
}
BOUND: Final = """\
    type=bind,source=*,target={target})
        {name}=${{word#type=bind,source=}}
        {name}=${{{name}%,target=*}} ;;
"""


def begins(folders: Mapping[str, str]) -> str:
    """What the script of a guest begins with: it is known to `kill`, and has variables.

    `folders`: where folders of the host are in the guest, by the variable that says where they are.
    """
    cases = "".join(BOUND.format(name=name, target=at) for name, at in folders.items())
    return f'echo $$ >"$folder/guest"\nfor word; do\n    case $word in\n{cases}    esac\ndone\n'


def answers(docker: engines.Engine, own: Mapping[str, str], cases: Mapping[str, str]) -> None:
    """`own`: beside the usual answers. `cases`: before all others, and instead of them."""
    docker.answers({**cases, **own, **USUAL, **cases})
