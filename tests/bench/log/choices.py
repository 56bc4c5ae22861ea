"""What is asked of the log: addresses of its page, by name."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

from flask import Flask
from sqlalchemy import select

from portal.calls.models import CallRecord
from portal.kernel import clock
from portal.kernel.db import db, transaction
from portal.kernel.paging import NewestFirst
from portal.telephony.queries import dids, sip_lines

CALLS = NewestFirst(CallRecord.started_at, CallRecord.id)


def every(app: Flask, calls: int) -> dict[str, str]:
    """All of them, in the order of the figures."""
    single = filters(app)
    return depths(app, calls) | single | searches(app) | pairs(single)


def filters(app: Flask) -> dict[str, str]:
    """One of each filter, as a query."""
    with app.app_context(), transaction(1, writes=False):
        line, sip = dids()[-1].number, sip_lines()[0].name
    today = clock.now().date()
    return {
        "today": f"from={today}&to={today}",
        "30 days": f"from={today - timedelta(days=29)}&to={today}",
        "incoming": "direction=in",
        "internal": "direction=internal",
        "missed": "outcome=missed",
        "busy": "outcome=busy",
        "outside hours": "outcome=closed",
        "line": f"line={line}",
        "employee": f"sip={sip}",
        "with a record": "record=yes",
        "a minute and more": "talk_from=1:00",
        "half an hour and more": "talk_from=30:00",
        "4 and more": "price_from=4",
        "notices failed": "notices=failed",
        "notices arrived": "notices=arrived",
    }


def pairs(single: dict[str, str]) -> dict[str, str]:
    """Any two of them that are not the same filter."""
    found = {}
    for (one, first), (other, second) in combinations(single.items(), 2):
        if first.partition("=")[0] != second.partition("=")[0]:
            found[f"{one}, {other}"] = f"{first}&{second}"
    return found


def depths(app: Flask, calls: int) -> dict[str, str]:
    """Pages at some depths of the whole log."""
    found = {}
    with app.app_context(), transaction(1, writes=False):
        keys = select(CallRecord.started_at, CallRecord.id).order_by(CallRecord.started_at.desc(), CallRecord.id.desc())
        for percent in (0, 10, 50, 99):
            row = db.session.execute(keys.offset(calls * percent // 100).limit(1)).one()
            found[f"{percent} % deep"] = f"page={CALLS.cursor_of(row).encode()}" if percent else ""
    return found


def searches(app: Flask) -> dict[str, str]:
    """Parts of numbers and names: in every call, in many, in few, in one, in none."""
    with app.app_context(), transaction(1, writes=False):
        oldest = select(CallRecord.caller).where(CallRecord.kind == "incoming").order_by(CallRecord.started_at).limit(1)
        number = db.session.scalars(oldest).one()
    return {
        "3 digits in most calls": "q=790",
        "3 digits": "q=375",
        "4 digits": "q=3751",
        "5 digits": "q=37519",
        "7 digits": "q=3751946",
        "the number of the oldest call": f"q={number}",
        "no such number": "q=11111111111",
        "part of a name": "q=%D0%BE%D0%B2%D0%B0",
        "no such name": "q=%D1%91%D0%B6%D0%B8%D0%BA",
        "4 digits, missed": "q=3751&outcome=missed",
        "part of a name, busy": "q=%D0%BE%D0%B2%D0%B0&outcome=busy",
    }
