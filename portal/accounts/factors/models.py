"""What a person proves the second factor with. All of it is the person's, and belongs to no account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import BigId


class UserTotp(Model):
    """An app that makes codes (RFC 6238)."""

    __tablename__ = "user_totp"

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False)
    sealed: Mapped[str] = mapped_column(String(400))
    """Its secret."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    """None until a first code has shown that the app has the secret."""
    last_step: Mapped[int] = mapped_column(default=0)
    """The half minute of the last code that was taken: none before it, nor it again, is taken any more."""


class BackupCode(Model):
    """A code on paper, for the day when the app is gone."""

    __tablename__ = "backup_code"
    __table_args__ = (UniqueConstraint("user_id", "selector"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"))
    selector: Mapped[str] = mapped_column(String(8))
    """Its beginning, by which it is found."""
    code_hash: Mapped[str] = mapped_column(String(200))
    """Argon2id of the rest."""
    used_at: Mapped[datetime | None]


class Passkey(Model):
    """A key pair on a person's device (Web Authentication, level 3): we keep the public half."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """Base64url, as browsers write it."""
    public_key: Mapped[str] = mapped_column(Text)
    sign_count: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    transports: Mapped[list[Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]


class SpentChallenge(Model):
    """A challenge that was answered: no second answer is taken. Kept for as long as it could still be repeated."""

    __tablename__ = "spent_challenge"

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
