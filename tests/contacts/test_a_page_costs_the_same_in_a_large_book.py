"""How much SQLite does for a page of the address book does not grow with the book."""

from __future__ import annotations

from flask import Flask

from portal.contacts.models import Contact, ContactNumber
from portal.contacts.pages import contact_page
from portal.kernel.db import db, transaction
from tests.contacts.desk import inside
from tests.people import Cast
from tests.support.steps import hundreds_of_steps


def _add(app: Flask, account_id: int, numbers: range) -> None:
    with inside(app, account_id):
        db.session.add_all(
            Contact(name=f"Person {number}", numbers=[ContactNumber(number=f"7903{number:07}")]) for number in numbers
        )


def _steps(app: Flask, account_id: int) -> int:
    with app.app_context(), transaction(account_id, writes=False):
        return hundreds_of_steps(lambda: contact_page(limit=5))


def test_the_numbers_of_a_pages_contacts_are_not_looked_for_among_all(app: Flask, cast: Cast) -> None:
    _add(app, cast.north, range(10, 40))
    small = _steps(app, cast.north)
    _add(app, cast.north, range(800, 2000))

    assert _steps(app, cast.north) <= small * 1.5 + 4
