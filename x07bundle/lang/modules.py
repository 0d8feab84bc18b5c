"""Where the compiler gets its modules from: the caller's `Modules`, never the file system."""

from typing import NamedTuple, Protocol


class SourceFile(NamedTuple):
    """The bytes of one x07AST file. `file` is its name in messages.

    `builtin`: a std module that comes with the tool; it may use internal heads.
    """

    file: str
    data: bytes
    builtin: bool = False


class ModuleProblem(NamedTuple):
    """Why a module id gives no source: unknown, ambiguous, unreadable.

    `is_later`: the language has such a module, and this version does not bring it.
    """

    message: str
    hint: str | None = None
    is_later: bool = False


class Modules(Protocol):
    """Finds the source of a module id (contract/project.md §4)."""

    def find(self, module_id: str) -> SourceFile | ModuleProblem: ...
