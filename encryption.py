"""Secrets at rest: a brand's web key is stored only as Fernet ciphertext."""

from __future__ import annotations

import base64
import hmac
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NO_KEY_FITS: Final = (
    "PORTAL_ENCRYPTION_KEY does not open a secret that is stored: put the key it was stored with behind the new one, "
    "with a comma between them"
)


class EncryptionError(Exception):
    """A key is malformed, or a stored secret can't be read with the keys at hand."""


class Cipher:
    """Encrypts with the newest key and decrypts with any, so that keys can be rotated without downtime."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        """Take Fernet keys, newest first.

        Raises EncryptionError when there is none or one is malformed; the message never holds a key.
        """
        if not keys:
            raise EncryptionError("no encryption key is given")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as malformed:
            raise EncryptionError("an encryption key is not 32 url-safe base64-encoded bytes") from malformed
        self._hash_keys = tuple(_hash_key(key) for key in keys)

    def keyed_hashes(self, secret: str) -> tuple[str, ...]:
        """Return the secret's hash under each key, the newest first: equal secrets are found without decrypting any.

        Only who has a key can try secrets against such a hash. The keys of the hashes are derived from the encryption
        keys and are of no use for decrypting.
        """
        return tuple(hmac.digest(key, secret.encode(), "sha256").hex() for key in self._hash_keys)

    def encrypt(self, secret: str) -> str:
        """Return the secret as printable ciphertext."""
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, ciphertext: str) -> str:
        """Return the secret. Raises EncryptionError when none of the keys fits."""
        try:
            return self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken as unreadable:
            raise EncryptionError(_NO_KEY_FITS) from unreadable

    def rotate(self, ciphertext: str) -> str:
        """Return the same secret encrypted with the newest key. Raises EncryptionError when none fits."""
        try:
            return self._fernet.rotate(ciphertext.encode()).decode()
        except InvalidToken as unreadable:
            raise EncryptionError(_NO_KEY_FITS) from unreadable


def _hash_key(key: str) -> bytes:
    """Derive the key of hashes from an encryption key (HKDF, RFC 5869)."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"which brands share a web key")
    return derivation.derive(base64.urlsafe_b64decode(key))
