"""Migrations lead from nothing to exactly the models, in one line."""

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from portal.kernel.db import Model, db
from tests.architecture.sources import ROOT

SCRIPTS = ROOT / "migrations"


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(SCRIPTS)).get_heads()) == 1, "two branches: set the later one's down_revision anew"


def test_upgrade_from_empty_equals_the_models(
    house_on: Callable[[str], Flask], new_database: Callable[[], str]
) -> None:
    app = house_on(new_database())

    with app.app_context():
        upgrade(directory=str(SCRIPTS))
        with db.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            differences = compare_metadata(context, Model.metadata)
        db.engine.dispose()

    assert not differences, "portal db migrate"


def test_every_step_can_be_taken_back(house_on: Callable[[str], Flask], new_database: Callable[[], str]) -> None:
    app = house_on(new_database())

    with app.app_context():
        upgrade(directory=str(SCRIPTS))
        downgrade(directory=str(SCRIPTS), revision="base")
        upgrade(directory=str(SCRIPTS))
        db.engine.dispose()
