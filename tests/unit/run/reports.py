"""The expected documents of `test_report` (contract/reports.md §1 and §3)."""

from typing import Final

ARTIFACT: Final = """\
{
  "debug_stats": null,
  "exit_code": 1,
  "exit_status": 132,
  "fs_list_dir_calls": null,
  "fs_read_file_calls": null,
  "fuel_used": null,
  "heap_used": null,
  "kv_get_calls": null,
  "kv_set_calls": null,
  "mem_stats": null,
  "mode": "run-os",
  "ok": false,
  "rr_append_calls": null,
  "rr_close_calls": null,
  "rr_next_calls": null,
  "rr_next_miss_calls": null,
  "rr_open_calls": null,
  "rr_stats_calls": null,
  "sched_stats": null,
  "schema_version": "x07-os-runner.report@0.5.0",
  "solve_output_b64": "",
  "stderr_b64": "ZnVlbCBleGhhdXN0ZWQK",
  "stdout_b64": "",
  "trap": "fuel exhausted",
  "trap_help": "raise it",
  "world": "run-os"
}
"""

COMPILED: Final = """\
{
  "compile": {
    "c_source_size": 10,
    "compile_error": null,
    "compiled_exe": "p",
    "compiled_exe_size": 20,
    "exit_status": 0,
    "fuel_used": 5,
    "lang_id": "x07-core@0.2.0",
    "native_requires": {
      "requires": [],
      "schema_version": "x07.native-requires@0.1.0",
      "world": "run-os"
    },
    "ok": true,
    "stderr_b64": "",
    "stdout_b64": "",
    "trap": null
  },
  "exit_code": 0,
  "mode": "compile-run",
  "schema_version": "x07-os-runner.report@0.5.0",
  "solve": {
    "debug_stats": null,
    "exit_status": 0,
    "fs_list_dir_calls": 0,
    "fs_read_file_calls": 0,
    "fuel_used": 0,
    "heap_used": 0,
    "kv_get_calls": 0,
    "kv_set_calls": 0,
    "mem_stats": {
      "alloc_calls": 1,
      "realloc_calls": 0
    },
    "ok": true,
    "rr_append_calls": 0,
    "rr_close_calls": 0,
    "rr_next_calls": 0,
    "rr_next_miss_calls": 0,
    "rr_open_calls": 0,
    "rr_stats_calls": 0,
    "sched_stats": {
      "spawn_calls": 0,
      "tasks_spawned": 0
    },
    "solve_output_b64": "aGk=",
    "stderr_b64": "e30K",
    "stdout_b64": "AgAAAGhp",
    "trap": null,
    "trap_help": null
  },
  "solve_output_b64": "aGk=",
  "world": "run-os"
}
"""

REFUSED: Final = """\
{
  "compile": {
    "c_source_size": 0,
    "compile_error": "Typing: no",
    "compiled_exe": null,
    "compiled_exe_size": null,
    "diagnostics": [
      {
        "code": "X"
      }
    ],
    "exit_status": 1,
    "fuel_used": null,
    "lang_id": "x07-core@0.2.0",
    "native_requires": {
      "requires": [],
      "schema_version": "x07.native-requires@0.1.0",
      "world": "run-os"
    },
    "ok": false,
    "stderr_b64": "",
    "stdout_b64": "",
    "trap": null
  },
  "exit_code": 1,
  "mode": "project-compile-run",
  "schema_version": "x07-os-runner.report@0.5.0",
  "solve": null,
  "solve_output_b64": "",
  "world": "run-os"
}
"""

WRAPPED: Final = """\
{
  "schema_version": "x07.run.report@0.3.0",
  "runner": "os",
  "world": "run-os",
  "target": {
    "kind": "program",
    "path": "main.x07.json",
    "project_root": null,
    "lockfile": null,
    "resolved_module_roots": [
      "src",
      "/std/os"
    ]
  },
  "report": {
  "a": {
    "b": 1
  },
  "exit_code": 0
}
}
"""
