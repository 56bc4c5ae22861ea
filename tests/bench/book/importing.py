"""A large file taken in, as the worker does it."""

import io
import random
import resource
import time
from collections.abc import Iterator
from datetime import timedelta

from flask import Flask

from portal.contacts.exchange import imports
from portal.kernel.db import transaction
from portal.kernel.jobs import Job, JobState
from portal.kernel.jobs.work import Work

NAMES = ["Анна", "Борис", "Иван", "Пётр", "Ольга", "Мария", "Игорь", "Юлия", "Дмитрий", "Елена"]
FAMILIES = ["Иванов", "Петров", "Сидоров", "Кузнецов", "Смирнов", "Попов", "Васильев", "Соколов", "Михайлов", "Новиков"]


def bring(app: Flask, account_id: int, contacts: int) -> str:
    """Imports them; answers its speed, and what memory grew by while the job ran."""
    file = "".join(_lines(contacts)).encode()
    with app.app_context(), transaction(account_id):
        row = imports.bring_file(app.extensions["portal.storage"], "book.csv", io.BytesIO(file))
        job_id = imports.begin_import(row).id
    before, began = _peak(), time.monotonic()
    Work(app, timedelta(minutes=10)).do(account_id, job_id)
    seconds = time.monotonic() - began
    with app.app_context(), transaction(account_id, writes=False) as session:
        state = session.get_one(Job, job_id).state
    assert state == JobState.DONE, state
    return f"{contacts / seconds:,.0f} contacts a second, memory grew by {_peak() - before:.0f} MB"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _lines(contacts: int) -> Iterator[str]:
    chance = random.Random(1)
    yield "Имя;Компания;Телефон\n"
    for number in range(contacts):
        name = f"{chance.choice(FAMILIES)} {chance.choice(NAMES)} {number}"
        yield f"{name};ООО Компания {chance.randrange(20_000)};+79{100_000_000 + number * 3:09}\n"
