"""All rows by head. A head with several rows is overloaded: its first parameter's type chooses."""

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final

from x07bundle.lang.primitives import (
    bytes,
    float,
    json,
    memory,
    number,
    option,
    os,
    os_env,
    os_files,
    os_process,
    os_streams,
    os_time,
    readers,
    result,
    tables,
    values,
    vec,
)
from x07bundle.lang.primitives.row import Primitive
from x07bundle.lang.types import Type

GROUPS: Final[Mapping[str, tuple[Primitive, ...]]] = MappingProxyType(
    {
        "bytes": bytes.ROWS,
        "vec": vec.ROWS,
        "option": option.ROWS,
        "result": result.ROWS,
        "number": number.ROWS,
        "tables": tables.ROWS,
        "values": values.ROWS,
        "readers": readers.ROWS,
        "float": float.ROWS,
        "json": json.ROWS,
        "os": os.ROWS,
        "os_env": os_env.ROWS,
        "os_files": os_files.ROWS,
        "os_process": os_process.ROWS,
        "os_streams": os_streams.ROWS,
        "os_time": os_time.ROWS,
        "memory": memory.ROWS,
    }
)
"""The rows of each module."""
ROWS: Final = tuple(chain.from_iterable(GROUPS.values()))


def _first_rows() -> dict[str, Primitive]:
    found: dict[str, Primitive] = {}
    for row in ROWS:
        found.setdefault(row.head, row)
    return found


TABLE: Final[Mapping[str, Primitive]] = MappingProxyType(_first_rows())
"""The row of each head; of an overloaded one, the first."""

_BY_FIRST_TYPE: Final = {(row.head, row.params[0].ty): row for row in ROWS if row.params}


def overload(row: Primitive, first: Type) -> Primitive:
    """The row of the same head whose first parameter has type `first`; `row` if there is none."""
    return _BY_FIRST_TYPE.get((row.head, first), row)
