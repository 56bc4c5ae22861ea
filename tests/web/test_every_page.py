"""What holds of every page there is, with a row behind each address and hostile words wherever people write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Column, ColumnElement, String, cast, literal, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.accounts.services import find_user
from portal.kernel.db import Model, db
from portal.web.feature import Feature
from tests.architecture import specimens
from tests.architecture.test_tenant_sweep import INLETS
from tests.browser import Browser
from tests.people import ANNA, OLGA, Cast, Person
from tests.support.failing import rows

HOSTILE = "<i data-hostile>'\"&{{7*7}}"
_WRITTEN_BY_PEOPLE = re.compile(
    r"(name|label|note|text|subject|title|company|author|reason|address|signatory|known_as|asked_by|created_by)$"
)
_STREAMS = {"accounts.live"}
BEFORE_SIGNING_IN = {"/forgotten", "/forgotten/sent"}
_SITE = "https://localhost"
_NEWS = {"membership", "user_session", "recording_hearing", "process_life"}
"""When somebody was here last, and who listened: reading leaves these."""


@pytest.fixture
def opened(app: Flask, cast: Cast, browse: Callable[[Person], Browser]) -> Iterator[list[tuple[str, TestResponse]]]:
    """Every page of Anna's and of the operator's, as it was answered."""
    with app.app_context():
        anna, olga = find_user(ANNA.email).id, find_user(OLGA.email).id
    known = {**specimens.settle(app, cast.north), **specimens.people_of(app, cast.north)}
    known |= {"account_id": cast.north, "session_id": specimens.session_of(app, anna), "user_id": olga}
    _write_everywhere(app)
    before = rows(app)
    people = {is_admin: _unchecked(app, browse(OLGA if is_admin else ANNA)) for is_admin in (True, False)}
    answers = [
        (path, people[path.startswith("/admin")].get(path, base_url=_SITE)) for path in sorted(_paths(app, known))
    ]
    changed = {name for name, kept in rows(app).items() if kept != before[name]}
    assert not changed - _NEWS, "C3: a page that is read changes nothing"
    yield answers
    for _path, answer in answers:
        answer.close()


def test_it_takes_no_text_for_markup_and_keeps_its_doors(opened: list[tuple[str, TestResponse]]) -> None:
    """W1, W2, W3, W4, W7, S11, S12, C3, C5."""
    pages = {path: answer for path, answer in opened if answer.mimetype == "text/html"}
    texts = {path: answer.get_data(as_text=True) for path, answer in pages.items()}

    assert len(pages) > 60
    assert sum("&lt;i data-hostile&gt;" in text for text in texts.values()) > 25, "the words reach the pages"
    assert not [path for path, text in texts.items() if "<i data-hostile" in text or "<i data-hostile>49" in text]
    assert not [path for path, answer in opened if not _is_guarded(answer)]
    whole = {path for path, text in texts.items() if "<html" in text and pages[path].status_code == 200}
    assert len(whole) > 50
    assert {path for path in whole if 'action="/logout"' not in texts[path]} <= BEFORE_SIGNING_IN


def _unchecked(app: Flask, browser: Browser) -> FlaskClient:
    """The same person without the checks of a page, which others make and which take their time."""
    client = app.test_client()
    with browser.session_transaction(base_url=_SITE) as known, client.session_transaction(base_url=_SITE) as cookie:
        cookie.update(known)
    return client


def _is_guarded(answer: TestResponse) -> bool:
    headers = answer.headers
    return (
        "default-src 'none'" in headers["Content-Security-Policy"]
        and "unsafe" not in headers["Content-Security-Policy"]
        and headers["X-Content-Type-Options"] == "nosniff"
        and headers.get("Cache-Control", "").startswith(("no-store", "private"))
        and "max-age=31536000" in headers["Strict-Transport-Security"]
        and "Access-Control-Allow-Origin" not in headers
        and (not str(answer.mimetype).startswith("text/") or "charset=utf-8" in headers["Content-Type"])
    )


def _write_everywhere(app: Flask) -> None:
    """Hostile words in every column that people fill with words, other ones in each row."""
    with app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("set local portal.account = 'all'")
        for table in Model.metadata.sorted_tables:
            for column in table.columns if not table.info.get("append_only") else ():
                if _is_for_people(column):
                    words: ColumnElement[str] = literal(HOSTILE)
                    if "id" in table.c:
                        words = words + cast(table.c.id, String)
                    connection.execute(update(table).values({column.name: words}))


def _is_for_people(column: Column[object]) -> bool:
    is_text = type(column.type) is String or type(column.type).__name__ == "Text"
    return is_text and bool(_WRITTEN_BY_PEOPLE.search(column.name)) and not column.foreign_keys


def _paths(app: Flask, known: Mapping[str, object]) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        room = app.blueprints.get(rule.endpoint.rpartition(".")[0])
        if (
            "GET" in (rule.methods or ())
            and isinstance(room, Feature)
            and _is_page(rule)
            and rule.arguments <= set(known)
        ):
            _domain, path = rule.build({name: known[name] for name in rule.arguments}) or ("", "")
            yield path


def _is_page(rule: Rule) -> bool:
    return rule.endpoint not in INLETS | _STREAMS and not rule.rule.startswith("/api.php")
