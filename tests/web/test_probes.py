"""`/healthz`, `/readyz`, `/metrics` while something is wrong: each says what it is there to say, and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.engine import make_url

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.lives import Heart, ProcessLife
from tests.support.database import postgres_of


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    """A database of its own, which may be broken."""
    return new_database()


@pytest.fixture
def probed(make_app: Callable[..., Flask], url: str) -> Flask:
    """An installation over it."""
    return make_app(url, migrate=True)


def ask(app: Flask, path: str) -> tuple[int, str]:
    client: FlaskClient = app.test_client()
    answer = client.get(path, base_url="https://localhost")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.text


def test_all_is_well(probed: Flask) -> None:
    assert ask(probed, "/healthz") == (200, "ok\n")
    assert ask(probed, "/readyz") == (200, "ready\n")
    assert ask(probed, "/metrics")[0] == 200


def test_the_database_is_gone(probed: Flask, url: str, is_postgresql: bool, pytestconfig: pytest.Config) -> None:
    """B5: the process lives, takes no work, and names no server."""
    with probed.app_context():
        db.engine.dispose()
    name = str(make_url(url).database)
    if is_postgresql:
        postgres_of(pytestconfig).drop_database(name)
    else:
        Path(name).rename(f"{name}.away")

    assert ask(probed, "/healthz") == (200, "ok\n")
    assert ask(probed, "/readyz") == (503, "not ready\n")
    key = f"abonent1{'a' * 32}"
    wanted = {"/metrics": 503, "/login": 200, f"/api.php/telephony/get_calls?abonent_api_key={key}": 503}
    for path, status in wanted.items():
        found, said = ask(probed, path)
        assert found == status, path
        assert not [word for word in (name, "psycopg", "sqlite", "Traceback") if word in said], path


@pytest.mark.parametrize("revision", ["0000", "9999"], ids=["older", "newer"])
def test_code_and_database_are_of_different_releases(probed: Flask, revision: str) -> None:
    with probed.app_context(), db.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = :one"), {"one": revision})

    assert ask(probed, "/healthz")[0] == 200
    assert ask(probed, "/readyz") == (503, "not ready\n")


def test_a_worker_that_was_killed_is_told_by_the_figures_alone(probed: Flask) -> None:
    """Pages go on without it: no balancer should turn people away."""
    with probed.app_context():
        Heart(probed, "worker").beat()
        with transaction(everything="a test") as session:
            for life in session.query(ProcessLife):
                life.seen_at = now().replace(year=now().year - 1)

    assert ask(probed, "/readyz")[0] == 200
    assert 'portal_processes{kind="worker",state="silent"} 1' in ask(probed, "/metrics")[1]
