"""Secrets that are handed out once and recognised later by their hash alone."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """Return 256 bits of randomness, safe in addresses and cookies."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is stored: with 256 random bits, a fast hash can't be guessed backwards."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
