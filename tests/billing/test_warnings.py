"""The people of an account hear once that the balance is low, or that the money will soon run out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.services import block_account
from portal.billing.alerts.services import set_warnings
from portal.billing.ledger import post
from portal.billing.models import EntryKind, MoneyAlert, MoneyAlertKind
from portal.billing.regular.pace import run
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.mail.models import OutgoingMail
from tests.billing.prices import give, make_tariff, rate
from tests.browser import Browser
from tests.people import ANNA, Cast


def move(app: Flask, account_id: int, amount: str, kind: EntryKind = EntryKind.PAYMENT) -> None:
    with app.app_context(), transaction(account_id):
        post(kind, f"{amount}-{now().timestamp()}", Decimal(amount))


def alerts(app: Flask, account_id: int) -> list[tuple[MoneyAlertKind, bool]]:
    """Each alert there was, and whether it still holds."""
    with app.app_context(), transaction(account_id, writes=False) as session:
        return [
            (each.kind, each.ended_at is None) for each in session.scalars(select(MoneyAlert).order_by(MoneyAlert.id))
        ]


def test_each_crossing_is_told_once(app: Flask, cast: Cast) -> None:
    move(app, cast.north, "500")
    with app.app_context(), transaction(cast.north):
        set_warnings(Decimal(100), None)
    for amount in ("-399", "-2", "-3", "-1"):
        move(app, cast.north, amount, EntryKind.CALL)
    assert alerts(app, cast.north) == [(MoneyAlertKind.LOW, True)]

    move(app, cast.north, "50")
    move(app, cast.north, "-100", EntryKind.CALL)

    assert alerts(app, cast.north) == [(MoneyAlertKind.LOW, False), (MoneyAlertKind.LOW, True)]
    assert alerts(app, cast.south) == []


def test_administrators_get_mail_in_their_language(mailing: Flask, app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north):
        set_warnings(Decimal(100), None)
    move(app, cast.north, "150")
    move(app, cast.north, "-60", EntryKind.CALL)

    with app.app_context(), transaction(writes=False) as session:
        letters = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
    # Told when it was set, since there was nothing then, and again when it fell below.
    assert [letter.recipient for letter in letters] == [ANNA.email, ANNA.email]
    assert letters[1].subject == "На счёте мало денег."
    assert "90,00\N{NO-BREAK SPACE}₽" in letters[1].text


def test_money_that_lasts_for_a_few_days_is_told_once(app: Flask, cast: Cast) -> None:
    move(app, cast.north, "100")
    with app.app_context(), transaction(cast.north):
        set_warnings(None, 3)
    move(app, cast.north, "-70", EntryKind.CALL)
    for _ in range(3):
        with app.app_context():
            run(app)

    assert alerts(app, cast.north) == [(MoneyAlertKind.SHORT, True)]

    move(app, cast.north, "1000")
    with app.app_context():
        run(app)
    assert alerts(app, cast.north) == [(MoneyAlertKind.SHORT, False)]


def test_it_stands_on_every_page_until_it_is_put_away(
    app: Flask, cast: Cast, anna: Browser, boris: Browser, clara: Browser
) -> None:
    answer = anna.submit("/balance/warnings", {"below": "1 000,50", "days": ""})
    assert answer.status_code == 303

    assert "На счёте мало денег." in anna.get("/calls").text
    assert "На счёте мало денег." in boris.fragment("/balance/alerts").text
    assert "На счёте мало денег." not in clara.get("/").text
    with app.app_context(), transaction(cast.north, writes=False) as session:
        alert_id = session.scalars(select(MoneyAlert.id)).one()
    assert clara.submit(f"/balance/alerts/{alert_id}/dismiss").status_code == 404
    answer = anna.submit(f"/balance/alerts/{alert_id}/dismiss", {"back": "/calls?q=1"})

    assert answer.headers["Location"].endswith("/calls?q=1")
    assert "На счёте мало денег." not in anna.get("/").text
    assert "На счёте мало денег." in boris.get("/").text


@pytest.mark.parametrize(
    ("below", "days"), [("much", ""), ("-1", ""), ("", "0"), ("", "two"), ("", "366"), ("1.005", ""), ("", "²")]
)
def test_what_is_no_threshold_comes_back_with_what_was_typed(anna: Browser, below: str, days: str) -> None:
    answer = anna.submit("/balance/warnings", {"below": below, "days": days})

    assert answer.status_code == 422
    assert f'value="{below or days}"' in answer.text


def test_thresholds_are_the_administrators(boris: Browser) -> None:
    assert boris.submit("/balance/warnings", {"below": "1", "days": ""}).status_code == 403
    assert "/balance/warnings" not in boris.get("/balance").text


def test_every_page_says_why_no_call_can_be_placed(app: Flask, cast: Cast, anna: Browser, boris: Browser) -> None:
    assert "На счёте нет денег." not in boris.get("/").text
    give(app, cast.north, make_tariff(app, [rate("outgoing", "", "2")]))
    assert "На счёте нет денег." in boris.get("/calls").text

    move(app, cast.north, "10")
    assert "На счёте нет денег." not in anna.get("/calls").text
    with app.app_context(), transaction(cast.north):
        block_account(cast.north)
    assert "Счёт заблокирован." in anna.get("/contacts").text


def test_a_week_without_spending_lasts_for_ever(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north):
        set_warnings(None, 3)
        post(EntryKind.CALL, "old", Decimal(-100), at=now() - timedelta(days=30))
    with app.app_context():
        run(app)

    assert alerts(app, cast.north) == []
