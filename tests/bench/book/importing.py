"""A large file taken in, as the worker does it."""

import io
import random
import resource
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from flask import Flask
from sqlalchemy import Connection, Table, insert

from portal.contacts import wordindex
from portal.contacts.exchange import imports
from portal.contacts.models import Contact, ContactNumber
from portal.contacts.upkeep import texts_of
from portal.kernel.db import transaction
from portal.kernel.jobs import Job, JobState
from portal.kernel.jobs.work import Work

NAMES = ["Анна", "Борис", "Иван", "Пётр", "Ольга", "Мария", "Игорь", "Юлия", "Дмитрий", "Елена"]
FAMILIES = ["Иванов", "Петров", "Сидоров", "Кузнецов", "Смирнов", "Попов", "Васильев", "Соколов", "Михайлов", "Новиков"]


IMPORTED = 20_000
"""So many come by a file; the others are written straight into their tables."""


def fill(app: Flask, account_id: int, contacts: int) -> str:
    """An address book of so many; answers how quickly its first ones were imported."""
    lines = list(_lines(contacts))
    said = bring(app, account_id, lines[: IMPORTED + 1])
    for start in range(IMPORTED + 1, len(lines), 5000):
        with app.app_context(), transaction(account_id) as session:
            _write(session.connection(), account_id, lines[start : start + 5000], first_id=10_000_000 + start)
    return said


def _write(connection: Connection, account_id: int, lines: list[str], first_id: int) -> None:
    people, numbers, entries = [], [], []
    for contact_id, line in enumerate(lines, first_id):
        name, company, written = line.strip().split(";")
        number = written.removeprefix("+")
        sort_text, words = texts_of(name, company, [number])
        entries.append(wordindex.Entry(contact_id, sort_text, words))
        own = {"id": contact_id, "account_id": account_id, "name": name, "company": company, "note": "", "version": 0}
        people.append({**own, "sort_text": sort_text, "words": words})
        numbers.append({"account_id": account_id, "contact_id": contact_id, "number": number})
    connection.execute(insert(cast("Table", Contact.__table__)), people)
    connection.execute(insert(cast("Table", ContactNumber.__table__)), numbers)
    wordindex.note(entries)


def bring(app: Flask, account_id: int, lines: list[str]) -> str:
    """Imports them; answers its speed, and what memory grew by while the job ran."""
    file = "".join(lines).encode()
    with app.app_context(), transaction(account_id):
        row = imports.bring_file(app.extensions["portal.storage"], "book.csv", io.BytesIO(file))
        job_id = imports.begin_import(row).id
    before, began = _peak(), time.monotonic()
    Work(app, timedelta(minutes=10)).do(account_id, job_id)
    seconds = time.monotonic() - began
    with app.app_context(), transaction(account_id, writes=False) as session:
        state = session.get_one(Job, job_id).state
    assert state == JobState.DONE, state
    return f"{len(lines) / seconds:,.0f} contacts a second, memory grew by {_peak() - before:.0f} MB"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _lines(contacts: int) -> Iterator[str]:
    chance = random.Random(1)
    yield "Имя;Компания;Телефон\n"
    for number in range(contacts):
        name = f"{chance.choice(FAMILIES)} {chance.choice(NAMES)} {number}"
        yield f"{name};ООО Компания {chance.randrange(20_000)};+79{100_000_000 + number * 3:09}\n"
