"""One web key, one brand: with the same key twice, one account's people would be shown to two brands.

Web keys are encrypted, so that equal ones can't be found by their ciphertext. Each is also kept as a keyed hash.
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import update
from sqlmodel import Session, col, select

from dash_portal.accounts.errors import FieldError
from encryption import Cipher, EncryptionError
from models import Tenant


def require_free_key(session: Session, cipher: Cipher, web_key: str, *, tenant_id: int | None = None) -> None:
    """Raise FieldError, which names the other brand, where a brand other than `tenant_id` has this web key."""
    hashes = cipher.keyed_hashes(web_key)
    _fill_missing_hashes(session, cipher)
    # A hash may have been made with an older encryption key that is still in use.
    owners = select(Tenant.name).where(col(Tenant.web_key_hash).in_(hashes), col(Tenant.id).is_distinct_from(tenant_id))
    owner = session.exec(owners.order_by(Tenant.name).limit(1)).first()
    if owner is not None:
        raise FieldError(
            "web_key",
            f"This web key already belongs to the brand {owner}. Each brand needs the key of its own ClientTether "
            "account: open this brand's account there and copy its key.",
        )


def brands_sharing_keys(session: Session, cipher: Cipher) -> list[tuple[str, ...]]:
    """Return the short names of brands that have the same web key, group by group.

    Raises EncryptionError where a stored key can't be read.
    """
    slugs = defaultdict(list)
    for slug, ciphertext in session.exec(select(Tenant.slug, Tenant.web_key_encrypted).order_by(Tenant.slug)):
        slugs[cipher.decrypt(ciphertext)].append(slug)
    return [tuple(group) for group in slugs.values() if len(group) > 1]


def _fill_missing_hashes(session: Session, cipher: Cipher) -> None:
    """Hash keys that were stored before hashes were kept: a migration does not know the encryption key."""
    unhashed = select(Tenant.id, Tenant.web_key_encrypted).where(col(Tenant.web_key_hash).is_(None))
    for tenant_id, ciphertext in session.exec(unhashed).all():
        try:
            web_key = cipher.decrypt(ciphertext)
        except EncryptionError:
            continue  # what nobody can read is no brand's key any more: the worker says so of that brand
        hashed = update(Tenant).where(col(Tenant.id) == tenant_id)
        session.execute(hashed.values(web_key_hash=cipher.keyed_hashes(web_key)[0]))
