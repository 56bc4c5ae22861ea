"""Tables of imports: a file, what its columns mean, and what it changed, so that it can be taken back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class ImportState(StrEnum):
    """How far an import has come."""

    PREVIEW = "preview"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class ContactImport(AccountOwned, Model):
    """One file. `columns` says of each column what it holds (`reading.Meaning`); a vCard has none.

    `taken` counts the records that are behind it, in the same transaction as their changes: a job that is begun anew
    goes on there.
    """

    __tablename__ = "contact_import"
    __table_args__ = owned()

    file_name: Mapped[str] = mapped_column(String(200))
    is_vcard: Mapped[bool]
    blob: Mapped[str] = mapped_column(String(200), default="")
    columns: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[ImportState] = mapped_column(String(16), default=ImportState.PREVIEW)
    taken: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    merged: Mapped[int] = mapped_column(default=0)
    wrong: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    """Contacts that somebody has changed since: taking the import back leaves them."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class ImportedContact(AccountOwned, Model):
    """What an import did to one contact: made it, or added these numbers and filled what was empty."""

    __tablename__ = "imported_contact"
    __table_args__ = owned(
        points_to("contact_import", "import_id"), UniqueConstraint("account_id", "import_id", "contact_id")
    )

    import_id: Mapped[int] = mapped_column(BigId)
    contact_id: Mapped[int] = mapped_column(BigId)
    """Not a foreign key: the contact may be removed meanwhile."""
    is_new: Mapped[bool]
    version: Mapped[int]
    """The contact's, after the import."""
    numbers: Mapped[list[Any]]
    filled: Mapped[list[Any]]
    """Names of the columns that were empty before."""


class RemovedContact(AccountOwned, Model):
    """A contact that was removed, as it was, so that it can come back."""

    __tablename__ = "removed_contact"
    __table_args__ = owned()

    shape: Mapped[dict[str, Any]]
    removed_at: Mapped[datetime] = mapped_column(default=now)
    restored_at: Mapped[datetime | None]
