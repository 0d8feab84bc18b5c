"""Questions to a policy and its answers, as the probe reads and writes them. Pure."""

import json
import os
import re
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

Kind = Literal["read", "write", "env", "exec", "connect", "send", "listen"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

CODES: Final[dict[tuple[Kind, bool], bytes]] = {
    ("read", False): b"r",
    ("read", True): b"R",
    ("write", False): b"w",
    ("write", True): b"W",
    ("env", False): b"e",
    ("exec", False): b"x",
    ("connect", False): b"c",
    ("send", False): b"u",
    ("listen", False): b"l",
}
"""By whether the target is a folder. The codes of stubs/policy_probe/probe.c."""

OBEYED: Final = re.compile("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]")
"""What a terminal obeys, and bytes that are no UTF-8: denials spell both (runtime/src/words.c)."""


class Question(NamedTuple):
    """May a program do `kind` to `target`? `is_folder`: list it, make it."""

    kind: Kind
    target: str
    is_folder: bool = False


class Answer(NamedTuple):
    """`field` decides; `entry` is its item that grants, empty where the probe tells none. `reason`
    and `grant` are the words of denials; no grant where granted.
    """

    question: Question
    granted: bool
    field: str
    reason: str
    grant: str
    entry: str

    def as_json(self) -> dict[str, Any]:
        return {
            "operation": self.question.kind,
            "target": self.question.target,
            "granted": self.granted,
            "field": self.field,
            "reason": self.reason,
            "grant": self.grant or None,
            "entry": self.entry or None,
        }

    def in_words(self) -> str:
        head = f"{self.question.kind} `{_spelled(self.question.target)}`"
        if self.granted:
            entry = f" (`{_spelled(self.entry)}`)" if self.entry else ""
            return f"{head}: granted by {self.field}{entry}"
        return f"{head}: denied: {self.reason}; grant: {self.grant}"


def _spelled(text: str) -> str:
    return OBEYED.sub(
        lambda found: "".join(f"\\x{byte:02x}" for byte in os.fsencode(found[0])), text
    )


def encoded(questions: Sequence[Question]) -> bytes:
    """What the probe reads. Names of files need not be UTF-8."""
    return b"".join(_encoded(question) for question in questions)


def decoded(questions: Sequence[Question], lines: bytes) -> list[Answer]:
    """What the probe wrote, one line for each question."""
    found = [json.loads(line) for line in lines.splitlines()]
    return [
        Answer(question, one["granted"], one["field"], one["reason"], one["grant"], one["entry"])
        for question, one in zip(questions, found, strict=True)
    ]


def _encoded(question: Question) -> bytes:
    target = os.fsencode(question.target)
    code = CODES[question.kind, question.is_folder]
    return code + len(target).to_bytes(4, "little") + target
