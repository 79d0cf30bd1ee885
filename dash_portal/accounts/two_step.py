"""The second step of signing in: a code from an authenticator app (TOTP, RFC 6238), or a recovery code."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

import pyotp
import segno
from sqlalchemy import delete, update
from sqlmodel import Session, col

from dash_portal.accounts.access import renew_access
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.memberships import only_brand
from dash_portal.accounts.rights import require_agency
from dash_portal.accounts.tokens import token_hash
from encryption import Cipher
from models import RecoveryCode, User

RECOVERY_CODES: Final = 10
_ISSUER: Final = "Mellon portal"
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_SECONDS: Final = 30
_CODE_LENGTH: Final = 24  # 118 bits: enough to be kept as a plain hash (ASVS 5, 6.5.2)


class WrongCodeError(AccountError):
    """The code does not fit, or was used before."""


def has_two_step(user: User) -> bool:
    """Tell whether signing in asks this person for a code."""
    return user.totp_confirmed_at is not None


def begin_two_step(session: Session, user: User, *, cipher: Cipher) -> str:
    """Return a fresh secret for the person's app, whatever was begun before. It counts after `confirm_two_step`."""
    if has_two_step(user):
        raise AccountError("Two-step sign-in is already on.")
    secret = pyotp.random_base32()
    user.totp_secret_encrypted = cipher.encrypt(secret)
    user.totp_last_step = None
    session.add(user)
    return secret


def secret_in_waiting(user: User, *, cipher: Cipher) -> str | None:
    """Return the secret that is not confirmed yet, so that a mistyped code can be typed again."""
    if has_two_step(user) or user.totp_secret_encrypted is None:
        return None
    return cipher.decrypt(user.totp_secret_encrypted)


def app_address(user: User, secret: str) -> str:
    """Return the otpauth address that authenticator apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=_ISSUER)


def app_picture(address: str) -> str:
    """Return the address as a QR code: an SVG picture, as a data address that an `img` may show."""
    return str(segno.make_qr(address, error="m").svg_data_uri(scale=4, border=2, dark="#1d2733", light="#ffffff"))


def confirm_two_step(
    session: Session,
    user: User,
    *,
    code: str,
    cipher: Cipher,
    now: datetime,
    actor: Actor,
    keep_session: str | None = None,
) -> list[str]:
    """Switch the second step on and return the recovery codes, which are shown this once; other sessions end.

    Raises WrongCodeError when the code does not fit the waiting secret.
    """
    if has_two_step(user) or not _use_app_code(session, user, code=code, cipher=cipher, now=now):
        raise WrongCodeError("This code does not fit. Please wait for the next one and try again.")
    user.totp_confirmed_at = now
    session.add(user)
    renew_access(session, user, now=now, keep_session=keep_session)
    record(session, AuditAction.TWO_STEP_ON, actor)
    return _new_recovery_codes(session, user)


def renew_recovery_codes(session: Session, user: User, *, actor: Actor) -> list[str]:
    """Return new recovery codes, which are shown this once; the old ones are void."""
    if not has_two_step(user):
        raise AccountError("Two-step sign-in is off.")
    record(session, AuditAction.RECOVERY_CODES_RENEWED, actor)
    return _new_recovery_codes(session, user)


def switch_off_two_step(
    session: Session, user: User, *, actor: Actor, now: datetime, keep_session: str | None = None
) -> None:
    """Ask this person for no code any more, and forget the secret and the recovery codes; their sessions end.

    One's own, or, for who lost phone and codes, by the agency. Raises NotAllowedError for anyone else.
    """
    if actor.user_id != user.id:
        require_agency(actor)
    user.totp_secret_encrypted = None
    user.totp_confirmed_at = None
    user.totp_last_step = None
    session.add(user)
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.id))
    renew_access(session, user, now=now, keep_session=keep_session)
    tenant_id = only_brand(session, user.id)
    record(session, AuditAction.TWO_STEP_OFF, actor, tenant_id=tenant_id, email=user.email)


def use_code(session: Session, user: User, *, code: str, cipher: Cipher, now: datetime, actor: Actor) -> bool:
    """Tell whether the app's code or a recovery code fits; each is good once."""
    if _use_app_code(session, user, code=code, cipher=cipher, now=now):
        return True
    if _use_recovery_code(session, user, code=code, now=now):
        record(session, AuditAction.RECOVERY_CODE_USED, actor)
        return True
    return False


def _use_app_code(session: Session, user: User, *, code: str, cipher: Cipher, now: datetime) -> bool:
    """Accept the code of this half-minute or of the two beside it, and none of a step that was used before."""
    if user.totp_secret_encrypted is None:
        return False
    code = "".join(code.split())
    if not (code.isascii() and code.isdecimal()):
        return False
    totp = pyotp.TOTP(cipher.decrypt(user.totp_secret_encrypted))
    present = int(now.timestamp()) // _SECONDS
    for step in (present, present - 1, present + 1):
        if secrets.compare_digest(totp.generate_otp(step), code):
            return _take_step(session, user, step)
    return False


def _take_step(session: Session, user: User, step: int) -> bool:
    """Use the step up in the database, so that of two requests with the same code only one gets in."""
    unused = col(User.totp_last_step).is_(None) | (col(User.totp_last_step) < step)
    taken = session.execute(update(User).where(col(User.id) == user.id, unused).values(totp_last_step=step))
    return int(taken.rowcount) == 1  # type: ignore[attr-defined]


def _use_recovery_code(session: Session, user: User, *, code: str, now: datetime) -> bool:
    mine = (col(RecoveryCode.user_id) == user.id) & (col(RecoveryCode.code_hash) == token_hash(_bare(code)))
    used = session.execute(update(RecoveryCode).where(mine & col(RecoveryCode.used_at).is_(None)).values(used_at=now))
    return int(used.rowcount) == 1  # type: ignore[attr-defined]


def _new_recovery_codes(session: Session, user: User) -> list[str]:
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
    assert user.id is not None  # noqa: S101 - a stored person
    session.add_all(RecoveryCode(user_id=user.id, code_hash=token_hash(code)) for code in codes)
    return ["-".join(code[start : start + 4] for start in range(0, _CODE_LENGTH, 4)) for code in codes]


def _bare(code: str) -> str:
    return "".join(sign for sign in code.casefold() if sign.isalnum())
