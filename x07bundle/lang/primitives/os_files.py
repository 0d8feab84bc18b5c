"""Files, version 1 (contract/os-modules.md §2, §4)."""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

ROWS: Final[tuple[Primitive, ...]] = (
    row("os.fs.read_all_v1", "B B", "rB", world="os"),
    row("os.fs.write_all_v1", "B B B", "rI", site=False, world="os"),
    row("os.fs.append_all_v1", "B B B", "rI", site=False, world="os"),
    row("os.fs.mkdirs_v1", "B B", "rI", site=False, world="os"),
    row("os.fs.remove_file_v1", "B B", "rI", site=False, world="os"),
    row("os.fs.remove_dir_all_v1", "B B", "rI", site=False, world="os"),
    row("os.fs.rename_v1", "B B B", "rI", site=False, world="os"),
    row("os.fs.stat_v1", "B B", "rB", world="os"),
    row("os.fs.list_dir_sorted_text_v1", "B B", "rB", world="os"),
    row("os.fs.walk_glob_sorted_text_v1", "B B B", "rB", world="os"),
    row("os.fs.stream_open_read_v1", "B B", "rI", world="os"),
    row("os.fs.stream_open_write_v1", "B B", "rI", world="os"),
    row("os.fs.stream_read_some_v1", "i i", "rB", world="os"),
    row("os.fs.stream_write_all_v1", "i V", "rI", site=False, world="os"),
    row("os.fs.stream_close_v1", "i", "rI", site=False, world="os"),
    row("os.fs.stream_close_read_v1", "i", "rI", site=False, world="os"),
    row("os.fs.stream_drop_v1", "i", "i", site=False, world="os"),
    row("os.fs.stream_drop_read_v1", "i", "i", site=False, world="os"),
)
