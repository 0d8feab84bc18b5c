"""Numbers as ECMAScript writes them, and canonical JSON (RFC 8785), in plain Python for tests."""

import json
from decimal import Decimal


def number_text(value: float) -> str:
    """The digits of `repr`, which are the shortest, in ECMAScript's layout; -0 keeps its sign."""
    if value != value:
        return "NaN"
    sign = "-" if str(value).startswith("-") else ""
    if value in (float("inf"), float("-inf")):
        return f"{sign}Infinity"
    return sign + _magnitude(Decimal(repr(abs(value))).normalize())


def _magnitude(value: Decimal) -> str:
    if value == 0:
        return "0"
    _, numerals, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    digits, point = "".join(map(str, numerals)), len(numerals) + exponent
    if len(digits) <= point <= 21:
        return digits + "0" * exponent
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def canonical(value: object) -> str:
    """Canonical text of what `json.loads` gives, with integers read as floats."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        members = (f"{canonical(name)}:{canonical(value[name])}" for name in names)
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return number_text(value + 0.0)
    return json.dumps(value, ensure_ascii=False)
