"""L3: a secret that goes in anywhere comes out nowhere: no log, row, file, letter, figure, page or cookie has it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask, Response, request_finished
from sqlalchemy import select

from portal.kernel.db import Model, db, transaction
from portal.web.kept import is_kept_out
from tests.browser import Browser
from tests.connectors.amocrm import AmoCrmServer
from tests.connectors.bitrix24 import Bitrix24Server
from tests.connectors.conftest import amo, bitrix
from tests.people import Cast
from tests.web.canaries.places import secret_fields
from tests.web.canaries.stories import CANARY, STORIES, Stage, Story

__all__ = ["amo", "bitrix"]
PAGES_AFTERWARDS = ("/metrics", "/audit", "/jobs", "/connectors", "/webhooks")
_SHOWN = re.compile(f"(?<!/|=)(?<!%3D){CANARY}")
"""A page may hold the address that it was opened by: whoever reads it came by it."""
OPERATORS_PAGES = ("/admin/mail", "/admin/tasks", "/admin/card-payments")


@pytest.fixture
def stage(
    app: Flask,
    cast: Cast,
    nobody: Browser,
    anna: Browser,
    olga: Browser,
    amo: AmoCrmServer,
    bitrix: Bitrix24Server,
) -> Stage:
    return Stage(app, cast, nobody, anna, olga, amo, bitrix)


@contextmanager
def _answers(app: Flask) -> Iterator[list[str]]:
    """Everything that is answered meanwhile: bodies and headers."""
    heard: list[str] = []

    def hear(_app: Flask, response: Response, **_: object) -> None:
        body = "" if response.is_streamed else response.get_data(as_text=True)
        heard.append(f"{response.headers}{body}")

    with request_finished.connected_to(hear, app):
        yield heard


def _everything_kept(app: Flask) -> dict[str, str]:
    """Every row of every table by the table's name, and every file of the data folder by its path."""
    with app.app_context(), transaction(everything="what the tests look for", writes=False):
        tables = {table.name: repr(db.session.execute(select(table)).all()) for table in Model.metadata.sorted_tables}
    folder = app.extensions["portal.settings"].data
    files = {str(path): path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()}
    return tables | files


@pytest.mark.parametrize("story", dict.fromkeys(STORIES.values()), ids=lambda story: story.__name__)
def test_no_secret_is_written_down(story: Story, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), _answers(stage.app) as answers:
        story(stage)
        for page in PAGES_AFTERWARDS:
            stage.anna.get(page)
        for page in OPERATORS_PAGES:
            stage.olga.get(page)

    lines = [f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records]
    assert any("answered" in line for line in lines)
    assert not [line for line in lines if CANARY in line]
    assert not [name for name, text in _everything_kept(stage.app).items() if CANARY in text]
    assert not [text for text in answers if _SHOWN.search(text)]


def test_no_secret_waits_in_a_cookie_while_a_person_proves_who_it_is() -> None:
    assert not [place for place, name in secret_fields().items() if not is_kept_out(name)]
