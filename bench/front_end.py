"""Compiles a project to C in this process, and prints what that took: milliseconds, as JSON.

Run as `python -m bench.front_end PROJECT`. What comes before (imports, reading the manifest) is not
counted: it does not grow with the program.
"""

import gc
import json
import os
import sys
import time
from pathlib import Path

from x07bundle.bundle.front import compile_sources
from x07bundle.bundle.pipeline import plan
from x07bundle.bundle.request import Request


def main() -> None:
    gc.disable()  # as the command does
    made = plan(Request(out="unused", project=Path(sys.argv[1])), os.environ)
    begin = time.perf_counter()
    front = compile_sources(made)
    spent_ms = (time.perf_counter() - begin) * 1000
    if front.compiled.c_source is None:
        raise SystemExit(front.compiled.diagnostics[0].compile_error())
    sys.stdout.write(json.dumps(spent_ms))


if __name__ == "__main__":
    main()
