"""Whether the database can be used by this release: asked before a process begins its work."""

from __future__ import annotations

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.kernel.db import db


class NotReadyError(Exception):
    """The database cannot be used; the message is one line that says what to do."""


def check_database(app: Flask) -> None:
    """Raises `NotReadyError` for a database that does not answer, or is older or newer than this release."""
    with app.app_context():
        wanted, known = _revisions(app)
        try:
            with db.engine.connect() as connection:
                found = MigrationContext.configure(connection).get_current_revision()
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
            raise NotReadyError(
                f"The database does not answer ({reason}): start it, or correct PORTAL_DATABASE_URL."
            ) from None
    if found is None:
        raise NotReadyError("The database is empty: run `portal db upgrade` first.")
    if found not in known:
        raise NotReadyError(f"The database is newer than this release (revision {found}): install the release it was made by.")
    if found != wanted:
        raise NotReadyError(f"The database is older than this release (revision {found}): run `portal db upgrade`.")


def _revisions(app: Flask) -> tuple[str | None, set[str]]:
    config = Config()
    config.set_main_option("script_location", app.extensions["migrate"].directory)
    scripts = ScriptDirectory.from_config(config)
    return scripts.get_current_head(), {script.revision for script in scripts.walk_revisions()}
