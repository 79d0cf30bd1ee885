"""Passwords: Argon2id, at least twelve characters, and none that guessers try first."""

from __future__ import annotations

import gzip
import unicodedata
from base64 import b64decode
from collections.abc import Iterable
from functools import lru_cache
from hmac import compare_digest
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret

from dash_portal.accounts.errors import AccountError

SHORTEST: Final = 12
LONGEST: Final = 128
NO_PASSWORD: Final = "!"  # noqa: S105 - what no password has as its hash
"""Stands in place of a hash for who signs in with their company's account alone."""
_COMMON: Final = Path(__file__).parent / "common_passwords.txt.gz"
# Beyond OWASP's least (19 MiB, two passes), and eight at once still fit a small host's memory.
HASHER: Final = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)


class WeakPasswordError(AccountError):
    """The password is too short, too long or too easily guessed."""


def hash_password(password: str, *, salted_like: str | None = None) -> str:
    """Return the Argon2id hash with current parameters, and with the salt of another hash, where one is given."""
    return HASHER.hash(_normal(password), salt=None if salted_like is None else _salt_of(salted_like))


def password_fits(password_hash: str | None, password: str) -> bool:
    """Tell whether the password is the hashed one; without a hash, take the same time and say no."""
    if len(password) > LONGEST:  # nobody can have such a one: don't spend time in its length
        password_hash, password = None, ""
    try:
        return HASHER.verify(password_hash or _nobodys_hash(), _normal(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def fitting_hashes(password_hashes: Iterable[str], password: str) -> frozenset[str]:
    """Return those of the hashes that are of this password; where there are none at all, take the same time.

    Hashes of one salt and the same parameters take one computation together, so that the time does not tell how many
    there are.
    """
    if len(password) > LONGEST:  # as above
        password_hashes, password = (), ""
    stored = frozenset(password_hashes) - {NO_PASSWORD}
    examples = {known.rpartition("$")[0]: known for known in stored or {_nobodys_hash()}}
    made = [_hashed_like(known, password) for known in examples.values()]
    return frozenset(known for known in stored if any(compare_digest(known, anew) for anew in made))


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


def _hashed_like(password_hash: str, password: str) -> str:
    """Hash the password with the salt and the parameters of this hash; what is no hash gives nothing."""
    try:
        made_with = extract_parameters(password_hash)
    except InvalidHashError:
        return ""
    return hash_secret(
        _normal(password).encode(),
        _salt_of(password_hash),
        made_with.time_cost,
        made_with.memory_cost,
        made_with.parallelism,
        made_with.hash_len,
        made_with.type,
        made_with.version,
    ).decode()


def _salt_of(password_hash: str) -> bytes:
    salt = password_hash.split("$")[4]
    return b64decode(salt + "=" * (-len(salt) % 4))


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
