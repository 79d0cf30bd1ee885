from __future__ import annotations

import pytest

from time_zones import find_zone, zone_of


def test_a_zone_is_found_by_its_name() -> None:
    assert zone_of("America/Chicago").key == "America/Chicago"


@pytest.mark.parametrize(
    "name", ["", "Nowhere/Atlantis", "America", "../../etc/passwd", "/etc/localtime", "a\0b", "x" * 5_000]
)
def test_what_is_no_zone_counts_as_utc(name: str) -> None:
    assert find_zone(name) is None
    assert zone_of(name).key == "UTC"
