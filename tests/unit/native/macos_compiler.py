"""In the place of a C compiler of macOS: it links what `carried.c` has into a small executable.

python macos_compiler.py LOG ARGUMENT ...
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.unit.contract.mach_o_files import Parts, made

log, words = Path(sys.argv[1]), sys.argv[2:]
if "--version" in words:
    sys.stdout.write("Apple clang version 17.0.0\n")
    sys.exit()
calls = log.read_text() if log.exists() else ""
log.write_text(f"{calls}{' '.join(words)}\n")
values = re.findall(r"(\d+),", Path("carried.c").read_text())
unsteady = calls.count("\n") if log.name == "unsteady" else 0
beside = b"another one" * unsteady
Path(words[words.index("-o") + 1]).write_bytes(made(Parts(bytes(map(int, values)), beside)))
