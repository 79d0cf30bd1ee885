"""The same running site and visitors as the tests of the pages have."""

from tests.pages.conftest import nothing_known, signed_in_states, site, visit

__all__ = ["nothing_known", "signed_in_states", "site", "visit"]
