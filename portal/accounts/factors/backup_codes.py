"""Ten codes on paper: each opens once, new ones void the old ones."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import delete, func, select

from portal.accounts import passwords
from portal.accounts.factors.models import BackupCode
from portal.kernel.clock import now
from portal.kernel.db import db, transaction

COUNT = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Nothing that looks like something else on paper."""
_LENGTH, _SELECTOR = 16, 4
"""Characters: 79 bits in all, of which 59 are not kept."""
_SEPARATORS = re.compile(r"[\s-]+")


def make_backup_codes() -> list[str]:
    """New ones, as a person writes them down."""
    codes: dict[str, str] = {}
    while len(codes) < COUNT:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        codes[code[:_SELECTOR]] = "-".join(code[at : at + 4] for at in range(0, _LENGTH, 4))
    return list(codes.values())


def hash_backup_codes(codes: list[str]) -> list[tuple[str, str]]:
    """What may be kept of them: takes a while, so that it belongs before the transaction."""
    plain = [_plain(code) for code in codes]
    return [(code[:_SELECTOR], passwords.hash_password(code[_SELECTOR:])) for code in plain]


def replace_backup_codes(user_id: int, hashed: list[tuple[str, str]]) -> None:
    """These count, and no earlier one."""
    forget_backup_codes(user_id)
    db.session.add_all(BackupCode(user_id=user_id, selector=selector, code_hash=kept) for selector, kept in hashed)


def take_backup_code(user_id: int, code: str) -> bool:
    """Whether this is one that was not used; it is from now on. Opens transactions of its own."""
    plain = _plain(code)
    with transaction(writes=False):
        rows = select(BackupCode).where(BackupCode.user_id == user_id, BackupCode.selector == plain[:_SELECTOR])
        found = db.session.scalar(rows)
    if not passwords.is_right(found.code_hash if found else None, plain[_SELECTOR:]) or found is None:
        return False
    with transaction():
        row = db.session.get(BackupCode, found.id, with_for_update=True)
        if row is None or row.used_at is not None:
            return False
        row.used_at = now()
    return True


def backup_codes_left(user_id: int) -> int:
    """How many still open."""
    rows = select(func.count(BackupCode.id)).where(BackupCode.user_id == user_id, BackupCode.used_at.is_(None))
    return db.session.scalar(rows) or 0


def forget_backup_codes(user_id: int) -> None:
    """None of them opens any more."""
    db.session.execute(delete(BackupCode).where(BackupCode.user_id == user_id))


def _plain(code: str) -> str:
    return _SEPARATORS.sub("", code).casefold()
