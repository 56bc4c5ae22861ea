"""The trail: who did what; a changed, lost, moved or added entry is seen."""

import ast
import csv
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from portal.accounts.audit import audit
from portal.accounts.trail.export import export_trail
from portal.accounts.trail.facts import fact_label, fact_text
from portal.accounts.trail.models import AuditEntry
from portal.accounts.trail.verify import Verdict, verify_trails
from portal.accounts.trail.words import action_label
from portal.kernel.db import db, transaction
from portal.kernel.jobs import RunningJob
from portal.kernel.jobs.lease import LEASE, claim
from portal.kernel.jobs.models import Job
from portal.kernel.secrets import Vault
from tests.architecture.sources import PORTAL, python_files
from tests.architecture.sources import text as source
from tests.browser import Browser
from tests.people import ANNA, Cast

ADDED = """
    insert into audit_entry (account_id, number, at, actor, action, subject, seal)
    select account_id, number + 5, at, actor, action, subject, seal from audit_entry where subject = 'three'
"""
SWAPPED = """
    update audit_entry set subject = case subject when 'one' then 'two' else 'one' end where action = 'contact.add'
"""


def verdicts(app: Flask, vault: Vault | None = None) -> dict[str, Verdict]:
    with app.app_context():
        return {found.name: found for found in verify_trails(vault or app.extensions["portal.vault"])}


def write(app: Flask, account_id: int, *subjects: str, **facts: Any) -> None:
    for subject in subjects:
        with app.app_context(), transaction(account_id):
            audit("contact.add", subject, **facts)


def by_hand(app: Flask, statement: str, **values: Any) -> None:
    """As somebody who has the database, and not the secret."""
    with app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("set local portal.account = 'all'")
        connection.execute(text(statement), values)


def test_an_untouched_trail_is_whole(app: Flask, cast: Cast) -> None:
    write(app, cast.north, "one", "two", before={"a": 1.5, "b": [1, None]}, after={"name": "Ёлка 🎄"})

    found = verdicts(app)

    assert {name: verdict.fault for name, verdict in found.items()} == {
        "installation": None,
        "North": None,
        "South": None,
    }
    assert found["North"].entries >= 3
    assert found["installation"].entries >= 5, "people were added by nobody of an account"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("update audit_entry set subject = 'tow' where subject = 'two'", "is not what was written"),
        ("update audit_entry set actor = 'clara' where subject = 'two'", "is not what was written"),
        ("update audit_entry set after = null where subject = 'two'", "is not what was written"),
        ("delete from audit_entry where subject = 'two'", "is missing"),
        ("delete from audit_entry where subject = 'three'", "is missing"),
        ("update audit_entry set number = case number when {two} then -1 else number end", "is missing"),
        ("update audit_head set number = number - 1 where chain = {north}", "stands after the end"),
        (
            ADDED,
            "stands after the end",
        ),
    ],
)
def test_what_somebody_does_to_it_by_hand_is_seen(app: Flask, cast: Cast, statement: str, fault: str) -> None:
    """L5."""
    write(app, cast.north, "one", "two", "three", after={"a": 1})
    with app.app_context(), transaction(cast.north, writes=False) as session:
        two = session.query(AuditEntry).where(AuditEntry.subject == "two").one().number

    by_hand(app, statement.format(two=two, north=cast.north))

    found = verdicts(app)
    assert fault in (found["North"].fault or "")
    assert found["South"].fault is None


def test_two_entries_that_changed_places_are_seen(app: Flask, cast: Cast) -> None:
    """L5: reordered."""
    write(app, cast.north, "one", "two")
    by_hand(app, SWAPPED)

    assert "is not what was written" in (verdicts(app)["North"].fault or "")


def test_the_end_cut_off_together_with_its_note_is_seen(app: Flask, cast: Cast) -> None:
    write(app, cast.north, "one", "two")
    with app.app_context(), transaction(cast.north, writes=False) as session:
        one = session.query(AuditEntry).where(AuditEntry.subject == "one").one()
        number, seal = one.number, one.seal
    by_hand(app, "delete from audit_entry where subject = 'two'")
    by_hand(app, "update audit_head set number = :n, seal = :s where chain = :c", n=number, s=seal, c=cast.north)

    assert "does not fit" in (verdicts(app)["North"].fault or "")


def test_without_the_secret_nobody_makes_a_chain_that_fits(app: Flask, cast: Cast) -> None:
    assert verdicts(app, Vault("another secret of another installation"))["North"].fault is not None


def test_a_chain_of_a_retired_secret_goes_on_being_whole(app: Flask, cast: Cast) -> None:
    """K10."""
    retired = Vault("fedcba9876543210" * 4, "0123456789abcdef" * 4)
    write(app, cast.north, "one")
    before, app.extensions["portal.vault"] = app.extensions["portal.vault"], retired
    try:
        write(app, cast.north, "two")
        assert verdicts(app)["North"].fault is None
    finally:
        app.extensions["portal.vault"] = before


def test_many_who_write_at_once_make_one_chain(app: Flask, cast: Cast) -> None:
    def act(number: int) -> None:
        write(app, cast.north if number % 3 else cast.south, f"act {number}")

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(act, range(40)))

    found = verdicts(app)
    assert {verdict.fault for verdict in found.values()} == {None}
    assert found["North"].entries + found["South"].entries >= 40


def test_what_is_undone_leaves_no_entry_and_no_gap(app: Flask, cast: Cast) -> None:
    class Undone(Exception): ...

    before = verdicts(app)["North"].entries
    with app.app_context(), pytest.raises(Undone), transaction(cast.north):
        audit("contact.add", "never")
        raise Undone
    write(app, cast.north, "one")

    after = verdicts(app)["North"]
    assert (after.entries, after.fault) == (before + 1, None)


def test_secrets_do_not_get_in(app: Flask, cast: Cast) -> None:
    """L3."""
    facts = {
        "password": "hunter2hunter2",
        "nested": {"api_key": "abc"},
        "url": "https://x/?token=abcdef",
        "name": "Vera",
    }
    write(app, cast.north, "https://crm.example/?key=abcdef", after=facts)

    with app.app_context(), transaction(cast.north, writes=False) as session:
        line = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
        assert line is not None
        assert line.after == {
            "password": "***",
            "nested": {"api_key": "***"},
            "url": "https://x/?token=***",
            "name": "Vera",
        }
        assert line.subject == "https://crm.example/?key=***"


def test_the_page_shows_filters_and_pages(anna: Browser, app: Flask, cast: Cast) -> None:
    write(app, cast.north, *(f"contact {number}" for number in range(60)))

    first = anna.get("/audit?what=contact").get_data(as_text=True)
    assert "contact 59" in first
    assert "contact 5<" not in first
    assert "contact 42" in anna.get("/audit?what=contact&q=act+42&who=system").get_data(as_text=True)
    assert "contact 42" not in anna.get(f"/audit?who={ANNA.email}").get_data(as_text=True)
    assert "contact 42" not in anna.get("/audit?to=2020-01-01").get_data(as_text=True)
    assert anna.get("/audit?from=nonsense&page=zzz&what=%25").status_code == 200


def test_only_admins_see_it_and_only_their_own(
    anna: Browser, boris: Browser, clara: Browser, app: Flask, cast: Cast
) -> None:
    write(app, cast.north, "Northern secret")

    assert "Northern secret" in anna.get("/audit").get_data(as_text=True)
    assert boris.get("/audit").status_code == 403
    assert "Northern secret" not in clara.get("/audit").get_data(as_text=True)


def test_the_file_holds_every_entry_and_no_formula(
    anna: Browser, app: Flask, cast: Cast, finished: Callable[[], RunningJob]
) -> None:
    """F6."""
    write(app, cast.north, "=cmd|' /C calc'!A0", "plain")
    anna.submit("/audit/export", {"what": "contact"})

    with app.app_context():
        job = finished()
        blob = job.facts["result_blob"]
        file = io.BytesIO(b"".join(app.extensions["portal.storage"].chunks(blob)))
        rows = list(csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig"), delimiter=";"))

    assert [row[5] for row in rows[1:]] == ["plain", "'=cmd|' /C calc'!A0"]


@pytest.fixture
def finished(app: Flask, cast: Cast) -> Callable[[], RunningJob]:
    """Does the export that was asked for."""

    def do() -> RunningJob:
        with transaction(cast.north) as session:
            row = session.query(Job).one()
            claimed = claim(row.id, LEASE)
            assert claimed is not None
        job = RunningJob(claimed)
        with job.speaking():
            export_trail(job)
        return job

    return do


def test_every_action_has_its_words(app: Flask) -> None:
    said = {
        action for path in python_files(PORTAL) for action in re.findall(r"\baudit\(\s*\"([a-z_.-]+)\"", source(path))
    }

    assert len(said) > 50
    assert not {action for action in said if action_label(action) == action}, (
        "name it in portal/accounts/trail/words.py"
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("role", "viewer", "Наблюдатель"),
        ("is_on", True, "да"),
        ("by", "password, app code", "пароль и код приложения"),
        ("theme", "auto", "Как в системе"),
        ("locale", "en", "Английский"),
        ("note", "", "–"),
        ("numbers", ["7495", None], "7495, –"),
        ("week", {"mon": ["9-18"]}, "mon: 9-18"),
        ("role", "head-of-all", "head-of-all"),
    ],
)
def test_codes_are_words_where_people_read_them(app: Flask, name: str, value: Any, words: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "ru"}):
        assert fact_text(name, value) == words


def test_every_fact_has_its_words() -> None:
    """As far as an act names its facts where it writes its line."""
    said = set()
    for path in python_files(PORTAL):
        for call in ast.walk(ast.parse(source(path))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit":
                told = [word.value for word in call.keywords if word.arg in {"before", "after"}]
                dicts = [part for value in told for part in ast.walk(value) if isinstance(part, ast.Dict)]
                said |= {key.value for each in dicts for key in each.keys if isinstance(key, ast.Constant)}

    assert len(said) > 30
    with_words = {name for name in said if fact_label(str(name)) != name}
    assert said == with_words, "name it in portal/accounts/trail/facts.py"
