"""Decision records: one number each, which their headings have too."""

import re
from collections import Counter

from tests.bundling import ROOT

RECORDS = sorted((ROOT / "docs/decisions").glob("*.md"))


def test_each_has_a_number_of_its_own() -> None:
    assert len(RECORDS) > 10
    counts = Counter(path.name[:4] for path in RECORDS)
    assert [number for number, count in counts.items() if count > 1] == []


def test_headings_have_the_number() -> None:
    for path in RECORDS:
        assert re.match(rf"# {path.name[:4]}: \S", path.read_text()), path.name
