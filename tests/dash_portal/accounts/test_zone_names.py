import pytest

from dash_portal.accounts.errors import FieldError
from dash_portal.accounts.zone_names import valid_timezone, zone_choices


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("America/New_York", "America/New_York"),
        ("america/new york", "America/New_York"),
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("Boston", "America/New_York"),
        ("Eastern", "America/New_York"),
        ("eastern standard time", "America/New_York"),
        ("EST", "America/New_York"),
        (" Pacific  time ", "America/Los_Angeles"),
        ("Salt Lake City", "America/Denver"),
        ("Hawaii", "Pacific/Honolulu"),
        ("Indianapolis", "America/Indiana/Indianapolis"),
        ("London", "Europe/London"),
        ("utc", "UTC"),
        ("GMT", "UTC"),
    ],
)
def test_a_zone_is_found_by_what_people_call_it(written: str, zone: str) -> None:
    assert valid_timezone(written) == zone


@pytest.mark.parametrize("written", ["", "Mars/Olympus", "Time", "West", "America", "\x00", "New York, Boston"])
def test_what_no_zone_or_more_than_one_is_called_is_refused_at_its_field(written: str) -> None:
    with pytest.raises(FieldError) as refused:
        valid_timezone(written)
    assert refused.value.field == "timezone"


def test_every_choice_is_taken_as_it_is_offered() -> None:
    assert [zone for zone, _label in zone_choices() if valid_timezone(zone) != zone] == []
