from tests.pages.conftest import nothing_known

__all__ = ["nothing_known"]
