"""The report of a bundle, `x07.bundle.report@0.4.0` (contract/reports.md §4): a pure function."""

import os
from collections.abc import Mapping
from typing import Any, Final

from x07bundle.bundle.plan import Plan, path_or_none, target_json

SCHEMA_VERSION: Final = "x07.bundle.report@0.4.0"


def bundle_report(plan: Plan, host_report: Mapping[str, Any]) -> dict[str, Any]:
    """The document, its keys in the contract's order. `host_report` is nested as it stands."""
    return {
        "schema_version": SCHEMA_VERSION,
        "runner": "host",
        "world": plan.world,
        "target": target_json(plan.target),
        "bundle": {
            "out": os.fspath(plan.out),
            "name": plan.name,
            "abi": {"kind": "argv_v1"},
            "policy": None,
            "emit_dir": path_or_none(plan.emit_folder),
            "kind": "native",
            "guest": None,
        },
        "report": host_report,
    }
