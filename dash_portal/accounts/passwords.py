"""Passwords: Argon2id, at least twelve characters, and none that guessers try first."""

from __future__ import annotations

import gzip
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dash_portal.accounts.errors import AccountError

SHORTEST: Final = 12
LONGEST: Final = 128
_COMMON: Final = Path(__file__).parent / "common_passwords.txt.gz"
# Beyond OWASP's least (19 MiB, two passes), and eight at once still fit a small host's memory.
HASHER: Final = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)


class WeakPasswordError(AccountError):
    """The password is too short, too long or too easily guessed."""


def hash_password(password: str) -> str:
    """Return the Argon2id hash with current parameters."""
    return HASHER.hash(_normal(password))


def password_fits(password_hash: str | None, password: str) -> bool:
    """Tell whether the password is the hashed one; without a hash, take the same time and say no."""
    if len(password) > LONGEST:  # nobody can have such a one: don't spend time in its length
        password_hash, password = None, ""
    try:
        return HASHER.verify(password_hash or _nobodys_hash(), _normal(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Tell whether the hash was made with other parameters than today's and should be made anew."""
    return HASHER.check_needs_rehash(password_hash)


def check_new_password(password: str, *, personal: tuple[str, ...] = ()) -> None:
    """Raise WeakPasswordError unless the password may be used.

    `personal` are words that a guesser of this account would try: its e-mail address, name and brand.
    No rule asks for kinds of characters: length and not being guessable are what counts (NIST SP 800-63B).
    """
    password = _normal(password)
    if len(password) < SHORTEST:
        raise WeakPasswordError(f"Please use at least {SHORTEST} characters; a few words in a row are good.")
    if len(password) > LONGEST:
        raise WeakPasswordError(f"Please use at most {LONGEST} characters.")
    if _is_repetition(password):
        raise WeakPasswordError("This password repeats itself; please choose one that is harder to guess.")
    if {password.casefold(), _stem(password)} & _common_passwords():
        raise WeakPasswordError("This password is among the first that guessers try; please choose another.")
    if _stem(password) in _personal_stems(personal):
        raise WeakPasswordError("This password is too close to your name, e-mail address or brand.")


def _normal(password: str) -> str:
    """Return one spelling of the same signs, whatever keyboard they came from."""
    return unicodedata.normalize("NFKC", password)


def _stem(password: str) -> str:
    """Return what is left without the digits and signs that people put at the ends to make a word longer."""
    return password.casefold().strip("0123456789!@#$%^&*()-_=+.,;:?/ ")


def _personal_stems(personal: tuple[str, ...]) -> set[str]:
    whole = {_stem(word) for word in personal}
    parts = {_stem(part) for word in personal for part in word.replace("@", " ").split()}
    return {word for word in whole | parts if word}


def _is_repetition(password: str) -> bool:
    """Tell whether the password is one to four signs said again and again."""
    return any(password == (password[:size] * len(password))[: len(password)] for size in (1, 2, 3, 4))


@lru_cache(maxsize=1)
def _common_passwords() -> frozenset[str]:
    return frozenset(gzip.decompress(_COMMON.read_bytes()).decode().split())


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return hash_password("nobody has this password")
