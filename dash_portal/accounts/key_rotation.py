"""Bring every stored secret under the newest encryption key, so that an older one can be thrown away."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import Session, col, select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.rights import require_agency
from encryption import Cipher
from models import Tenant, User, UserSession


def rotate_keys(session: Session, *, actor: Actor, cipher: Cipher) -> int:
    """Encrypt all web keys, authenticator secrets and kept identity tokens anew; return how many there were.

    Raises EncryptionError, before anything is kept, when one of them can't be read with the keys at hand.
    """
    require_agency(actor)
    rotated = 0
    for tenant_id, ciphertext in session.exec(select(Tenant.id, Tenant.web_key_encrypted)).all():
        changed = update(Tenant).where(col(Tenant.id) == tenant_id)
        web_key_hash = cipher.keyed_hashes(cipher.decrypt(ciphertext))[0]
        session.execute(changed.values(web_key_encrypted=cipher.rotate(ciphertext), web_key_hash=web_key_hash))
        rotated += 1
    with_secret = select(User.id, User.totp_secret_encrypted).where(col(User.totp_secret_encrypted).is_not(None))
    for user_id, secret in session.exec(with_secret).all():
        changed = update(User).where(col(User.id) == user_id)
        session.execute(changed.values(totp_secret_encrypted=cipher.rotate(secret or "")))
        rotated += 1
    with_token = select(UserSession.id, UserSession.id_token_encrypted).where(
        col(UserSession.id_token_encrypted).is_not(None)
    )
    for session_id, token in session.exec(with_token).all():
        changed = update(UserSession).where(col(UserSession.id) == session_id)
        session.execute(changed.values(id_token_encrypted=cipher.rotate(token or "")))
        rotated += 1
    record(session, AuditAction.ENCRYPTION_ROTATED, actor, secrets=rotated)
    return rotated
