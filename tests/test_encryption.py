from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from encryption import Cipher, EncryptionError

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_secret_comes_back_and_is_not_in_the_ciphertext() -> None:
    ciphertext = Cipher((NEW,)).encrypt("CT_secret")
    assert "CT_secret" not in ciphertext
    assert Cipher((NEW,)).decrypt(ciphertext) == "CT_secret"


def test_after_rotation_the_old_key_is_no_longer_needed() -> None:
    ciphertext = Cipher((OLD,)).encrypt("CT_secret")
    rotated = Cipher((NEW, OLD)).rotate(ciphertext)
    assert Cipher((NEW,)).decrypt(rotated) == "CT_secret"
    with pytest.raises(EncryptionError):
        Cipher((OLD,)).decrypt(rotated)


@pytest.mark.parametrize("keys", [(), ("not-a-key",), (NEW, "")])
def test_malformed_keys_are_refused_without_being_repeated(keys: tuple[str, ...]) -> None:
    with pytest.raises(EncryptionError) as refused:
        Cipher(keys)
    assert "not-a-key" not in str(refused.value)
