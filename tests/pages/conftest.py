from __future__ import annotations

import pytest

from dash_portal.dashboards.answers import ANSWERS


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    """Let no test see an answer that another one left in the process."""
    ANSWERS.forget()
