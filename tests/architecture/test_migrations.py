"""Migrations lead from nothing to exactly the models, in one line."""

from collections.abc import Callable

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from portal.kernel.db import db
from tests.architecture.sources import ROOT

SCRIPTS = ROOT / "migrations"


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(SCRIPTS)).get_heads()) == 1, "two branches: set the later one's down_revision anew"


# What it cannot compare on SQLite, it compares in the run on PostgreSQL.
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_upgrade_from_empty_equals_the_models(make_app: Callable[..., Flask], new_database: Callable[[], str]) -> None:
    app = make_app(new_database(), migrate=True)

    with app.app_context():
        # Raises with what `portal db migrate` would write.
        command.check(app.extensions["migrate"].migrate.get_config(str(SCRIPTS)))


def test_every_step_can_be_taken_back(make_app: Callable[..., Flask], new_database: Callable[[], str]) -> None:
    app = make_app(new_database(), migrate=True)

    with app.app_context():
        downgrade(directory=str(SCRIPTS), revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
        upgrade(directory=str(SCRIPTS))
