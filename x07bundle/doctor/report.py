"""What `x07 doctor` prints: a line of JSON (contract/reports.md §9), or text for people."""

from collections.abc import Sequence
from typing import Any, Final

from x07bundle.doctor.check import Check
from x07bundle.doctor.needs import Needs
from x07bundle.host import Host

SCHEMA: Final = "x07.doctor.report@0.1.0"


def is_well(checks: Sequence[Check]) -> bool:
    """Whether all that the project needs is there."""
    return not any(check.is_missing for check in checks)


def document(host: Host, needs: Needs, checks: Sequence[Check]) -> dict[str, Any]:
    """The report. The contract has no `schema_version`, `project`, `profile`, `needed` or `fix`."""
    return {
        "schema_version": SCHEMA,
        "ok": is_well(checks),
        "command": "doctor",
        "platform": _platform(host),
        "project": str(needs.project) if needs.project else None,
        "profile": needs.profile,
        "checks": [_check(check) for check in checks],
        "suggestions": suggestions(checks),
    }


def suggestions(checks: Sequence[Check]) -> list[str]:
    """Commands that mend something, what the project needs first, each once."""
    failed = sorted((check for check in checks if not check.ok), key=lambda check: not check.needed)
    return list(dict.fromkeys(check.fix for check in failed if check.fix))


def text(host: Host, needs: Needs, checks: Sequence[Check]) -> str:
    """A line for each check, with the command that mends it below; the sum of it last."""
    width = max(len(check.name) for check in checks)
    lines = [_heading(host, needs), ""]
    for check in checks:
        lines.append(f"{_mark(check):8} {check.name:{width}}  {check.detail}")
        lines += [f"{'':8} {'':{width}}  fix: {check.fix}"] if check.fix and not check.ok else []
    return "\n".join([*lines, "", _summary(needs, checks)]) + "\n"


def _mark(check: Check) -> str:
    if check.ok:
        return "ok"
    return "missing" if check.needed else "-"


def _heading(host: Host, needs: Needs) -> str:
    wsl = " under WSL" if host.is_wsl else ""
    where = " ".join(word for word in (host.system, host.arch, host.distro) if word) + wsl
    if needs.project is None:
        return f"{where}; no project here"
    profile = f", profile {needs.profile}" if needs.profile else ""
    names = ", ".join(sorted(needs.names))
    return f"{where}; project {needs.project}{profile}: needs {names}"


def _summary(needs: Needs, checks: Sequence[Check]) -> str:
    missing = [check.name for check in checks if check.is_missing]
    whose = "the project" if needs.project else "every program"
    if missing:
        return f"missing, and {whose} needs it: {', '.join(missing)}"
    return f"nothing is missing that {whose} needs"


def _platform(host: Host) -> dict[str, Any]:
    return {
        "os": host.system,
        "arch": host.arch,
        **({"distro": host.distro} if host.distro else {}),
        **({"wsl": True} if host.is_wsl else {}),
    }


def _check(check: Check) -> dict[str, Any]:
    fix = {"fix": check.fix} if check.fix and not check.ok else {}
    return {
        "name": check.name, "ok": check.ok, "needed": check.needed, "detail": check.detail, **fix
    }  # fmt: skip
