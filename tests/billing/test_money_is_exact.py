"""Money never passes through a binary float: not in the code, not in the column, not in what is kept of a rate."""

from __future__ import annotations

import ast
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from portal.billing.ledger import post
from portal.billing.models import EntryKind, LedgerEntry
from portal.kernel.db import transaction
from tests.architecture.sources import PORTAL, name, python_files
from tests.billing.prices import give, make_tariff, rate
from tests.calls.factory import Story, tell_whole
from tests.people import Cast

HOMES = [PORTAL / "kernel" / "money.py", *python_files(PORTAL / "billing")]


def test_no_line_of_billing_makes_a_float() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in HOMES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id in {"float", "round"})
    ]

    assert not found


def test_the_column_refuses_a_float(app: Flask, cast: Cast) -> None:
    amount: Any = 0.1
    with pytest.raises((StatementError, TypeError)), app.app_context(), transaction(cast.north):
        post(EntryKind.PAYMENT, "x", amount)


def test_ten_times_a_tenth_is_one(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north) as session:
        posted = [post(EntryKind.PAYMENT, str(number), Decimal("0.1")) for number in range(10)]
        stored = session.execute(text("select balance_after from ledger_entry order by id desc")).scalars().first()

    assert posted[-1].balance_after == Decimal(1)
    assert stored == 10_000
    assert isinstance(stored, int)


def test_what_is_kept_of_a_rate_holds_no_float(app: Flask, cast: Cast) -> None:
    give(app, cast.north, make_tariff(app, [rate("incoming", "", "0.0333", unit=1, step=1)]))
    tell_whole(app, Story(cast.north, talked=61))

    with app.app_context(), transaction(cast.north, writes=False) as session:
        (entry,) = session.scalars(select(LedgerEntry)).all()
    assert entry.amount == Decimal("-2.03")
    assert entry.rating is not None
    assert entry.rating["price"] == "0.0333"
    assert not [value for value in entry.rating.values() if isinstance(value, float)]
