"""Whether the database can be used by this release, and how it is brought to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.exc import SQLAlchemyError

from portal.kernel.aside import SET_ASIDE, lost_parts, put_back
from portal.kernel.bulk import one_by_one
from portal.kernel.config import Settings
from portal.kernel.db import db
from portal.kernel.drift import Part, differences, name_of
from portal.kernel.locks import take_lock


class NotReadyError(Exception):
    """The database cannot be used; the message is one line that says what to do."""


def check_database(app: Flask) -> None:
    """Raises `NotReadyError` for a database that does not answer, is older or newer than this release, or has other
    tables although it bears its revision.
    """
    with app.app_context():
        wanted, known = _revisions(app)
        found = _revision(must_exist=True)
    if found is None:
        raise NotReadyError("The database is empty: run `portal db upgrade` first.")
    _refuse_newer(found, known)
    if found != wanted:
        raise NotReadyError(f"The database is older than this release (revision {found}): run `portal db upgrade`.")
    with app.app_context():
        if _refuse_other_tables(found):
            raise NotReadyError(
                "Indexes are set aside: `portal fill` writes calls. Wait for its end; if it was killed, run "
                "`portal db upgrade`."
            )


def upgrade_database(app: Flask) -> str | None:
    """Brings the database to this release and answers its revision; one that is there already is left alone.

    Indexes and keys that were set aside are put back. Raises `NotReadyError` for a database that does not answer, is
    newer, has other tables than its revision, or is being filled.
    """
    with app.app_context():
        wanted, known = _revisions(app)
        found = _revision(must_exist=False)
        _refuse_newer(found, known)
        if found != wanted:
            upgrade()
            # What a migration tells SQLite's planner is known to connections that are opened after it alone.
            db.engine.dispose()
        if _refuse_other_tables(wanted):
            _put_back(app)
    return wanted


def _put_back(app: Flask) -> None:
    """What somebody set aside who was killed."""
    settings: Settings = app.extensions["portal.settings"]
    lock = take_lock(SET_ASIDE, settings.database_url, settings.data)
    if lock is None:
        raise NotReadyError("`portal fill` writes calls and has set indexes aside: wait for its end.")
    try:
        with one_by_one() as connection:
            put_back(connection)
    finally:
        lock.release()


def wanted_revision(app: Flask) -> str | None:
    """The revision of this release."""
    return _revisions(app)[0]


def known_revisions(app: Flask) -> set[str]:
    """The revisions that this release can bring to its own."""
    return _revisions(app)[1]


def _refuse_newer(found: str | None, known: set[str]) -> None:
    if found is not None and found not in known:
        raise NotReadyError(
            f"The database is newer than this release (revision {found}): install the release it was made by."
        )


def _refuse_other_tables(revision: str | None) -> Sequence[Part]:
    """Answers what is only set aside."""
    with db.engine.connect() as connection:
        lost = lost_parts(connection)
        names = {name_of(part, connection) for part in lost}
        found = [name for name in differences(connection) if name not in names]
    if found:
        raise NotReadyError(
            f"The database bears revision {revision} and has other tables than this release ({_some(found)}): it was "
            "made before the tables were settled, or changed by hand. Use the release that made it, or begin with an "
            "empty database or another folder (PORTAL_DATA, `portal demo --data`)."
        )
    return lost


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _revision(*, must_exist: bool) -> str | None:
    """The revision of the database, or None of an empty one."""
    file = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    if must_exist and file and not Path(file).exists():
        raise NotReadyError(f"There is no database {file}: set PORTAL_DATA, or make one with `portal db upgrade`.")
    try:
        with db.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise NotReadyError(
            f"The database does not answer ({reason(error)}): start it, or correct PORTAL_DATABASE_URL."
        ) from None


def reason(error: SQLAlchemyError) -> str:
    """What the database itself says, in one line and without the statement."""
    lines = str(getattr(error, "orig", error)).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _revisions(app: Flask) -> tuple[str | None, set[str]]:
    config = Config()
    config.set_main_option("script_location", app.extensions["migrate"].directory)
    scripts = ScriptDirectory.from_config(config)
    return scripts.get_current_head(), {script.revision for script in scripts.walk_revisions()}
