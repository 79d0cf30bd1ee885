"""What can't be done with an account or a brand, in words that may be shown to the person who tried."""

from __future__ import annotations


class AccountError(Exception):
    """The wish can't be fulfilled; the message is one plain sentence for the person who asked."""


class FieldError(AccountError):
    """What was written into one field can't be taken; `field` is its name in the form."""

    def __init__(self, field: str, words: str) -> None:
        """Take the field's name and one plain sentence."""
        super().__init__(words)
        self.field = field


class NotAllowedError(AccountError):
    """The actor's role does not reach this far."""


class NotFoundError(AccountError):
    """There is no such person, brand or link, or none that the actor may see: the two are never told apart."""


class LinkUnusableError(AccountError):
    """A one-time link is unknown, used, withdrawn or too old: which of these is not said."""
