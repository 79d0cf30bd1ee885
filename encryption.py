"""Secrets at rest: a brand's web key is stored only as Fernet ciphertext."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


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

    def encrypt(self, secret: str) -> str:
        """Return the secret as printable ciphertext."""
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, ciphertext: str) -> str:
        """Return the secret. Raises EncryptionError when none of the keys fits."""
        try:
            return self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken as unreadable:
            raise EncryptionError("a stored secret can't be read with the encryption keys at hand") from unreadable

    def rotate(self, ciphertext: str) -> str:
        """Return the same secret encrypted with the newest key. Raises EncryptionError when none fits."""
        try:
            return self._fernet.rotate(ciphertext.encode()).decode()
        except InvalidToken as unreadable:
            raise EncryptionError("a stored secret can't be read with the encryption keys at hand") from unreadable
