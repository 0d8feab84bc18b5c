"""Standard streams and random bytes (contract/os-modules.md §5)."""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

ROWS: Final[tuple[Primitive, ...]] = (
    row("os.stdio.read_line_v1", "B", "rB", world="os"),
    row("os.stdio.write_stdout_v1", "B B", "rI", site=False, world="os"),
    row("os.stdio.write_stderr_v1", "B B", "rI", site=False, world="os"),
    row("os.stdio.flush_stdout_v1", "", "rI", site=False, world="os"),
    row("os.stdio.flush_stderr_v1", "", "rI", site=False, world="os"),
    row("os.rand.bytes_v1", "i B", "rB", world="os"),
    row("os.rand.u64_v1", "B", "rB", world="os"),
)
