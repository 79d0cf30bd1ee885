import re

from hypothesis import given
from hypothesis import strategies as st

from dash_portal.charts.text import fitted, text_width


def test_the_middle_is_cut_out_of_a_name_that_is_too_wide() -> None:
    assert fitted("FDD Review Call Scheduled", 200) == "FDD Review Call Scheduled"
    assert re.fullmatch("FDD Rev.*….*duled", fitted("FDD Review Call Scheduled", 130))
    assert fitted("FDD Review Call Complete", 130) != fitted("FDD Review Call Scheduled", 130)


@given(st.text(min_size=1, max_size=300), st.integers(40, 300))
def test_a_name_that_is_cut_fits_and_begins_and_ends_as_it_did(name: str, width: int) -> None:
    shown = fitted(name, width)
    if shown == name:
        return
    head, tail = shown.split("…")[0], shown.split("…")[-1]
    assert text_width(shown) <= width
    assert name.startswith(head)
    assert name.endswith(tail)
