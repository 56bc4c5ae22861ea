"""Tables of accounts and people. `Account`, `User`, `Membership`, `UserSession` and `SignInFailure` belong to no
account: they decide which account is entered.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, and_
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.accounts.roles import Role
from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned


class Account(Model):
    """A company that uses the cabinet: the provider's abonent."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="Europe/Moscow")
    billing_zone: Mapped[str] = mapped_column(String(64), default="Europe/Moscow")
    """Where its money's days begin: see `zone.billing_zone`."""
    moving_to: Mapped[str | None] = mapped_column(String(64))
    """The zone for which its days are being counted anew."""
    currency: Mapped[str] = mapped_column(String(3), default="RUB")
    is_blocked: Mapped[bool] = mapped_column(default=False)
    asks_second_factor: Mapped[bool] = mapped_column(default=False)
    """Whether everybody of it must have one."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class User(Model):
    """A person who signs in; never a CRM user."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    is_operator: Mapped[bool] = mapped_column(default=False)
    is_disabled: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str | None] = mapped_column(String(8))
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    unwanted_mail: Mapped[list[Any] | None]
    """Values of `admins.Notice` that the person does not want by mail; what concerns the own sign-in is always sent."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    memberships: Mapped[list[Membership]] = relationship(back_populates="user", order_by="Membership.account_id")


class Membership(Model):
    """A person's role in an account."""

    __tablename__ = "membership"

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(String(16))
    is_disabled: Mapped[bool] = mapped_column(default=False)
    """Here only: the same person may work in other accounts."""
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    user: Mapped[User] = relationship(back_populates="memberships")
    account: Mapped[Account] = relationship()


class UserSession(Model):
    """One sign-in on one device. The cookie holds a token; the table holds only its hash."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("account.id"))
    network: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    proved_at: Mapped[datetime] = mapped_column(default=now)
    """When the person last proved to be the person: by a password, a code or a passkey."""
    is_pending: Mapped[bool] = mapped_column(default=False)
    """The password was right, and the second factor is still to come: it opens nothing else."""
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
    membership: Mapped[Membership | None] = relationship(
        primaryjoin=lambda: and_(
            foreign(Membership.user_id) == UserSession.user_id, foreign(Membership.account_id) == UserSession.account_id
        ),
        uselist=False,
        viewonly=True,
    )
    """In the account that the session has entered."""


class SignInFailure(Model):
    """How often signing in failed lately, by what was tried from where; shared by all web processes."""

    __tablename__ = "sign_in_failure"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)


class ApiKey(AccountOwned, Model):
    """A key for programs, found by its keyed hash.

    The main key, one per account, may do everything and is sealed so that the page can show it again. Further keys have
    a name, and what they may do; nobody sees them again after they were made.
    """

    __tablename__ = "api_key"
    __table_args__ = owned()

    lookup_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[str | None] = mapped_column(String(400))
    masked: Mapped[str] = mapped_column(String(40))
    name: Mapped[str | None] = mapped_column(String(60))
    """None for the main key."""
    scopes: Mapped[list[Any] | None]
    """Values of `web.access.Permission`; None for the main key, which may do everything."""
    networks: Mapped[list[Any] | None]
    """Where requests may come from, as CIDR; None or nothing: anywhere."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str | None] = mapped_column(String(254))
    expires_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    """When another key took its place; it works until `expires_at`."""
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    last_used_from: Mapped[str | None] = mapped_column(String(64))
