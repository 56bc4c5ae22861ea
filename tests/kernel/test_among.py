"""A list that is given as one value is looked up in an index, on both databases, and finds what a written one finds."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from portal.kernel.among import among
from portal.kernel.db import db, transaction
from portal.telephony.models import SipLine
from tests.people import Cast


def test_it_finds_the_rows_with_one_of_the_values(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north, writes=False):
        names = db.session.scalars(select(SipLine.name).order_by(SipLine.name)).all()
        asked = select(SipLine.name).where(among(SipLine.name, "names")).order_by(SipLine.name)

        for some in (names, names[:1], [*names[1:], "SIP/nobody"], []):
            expected = [name for name in names if name in some]
            assert db.session.scalars(asked, {"names": list(some)}).all() == expected


def test_nothing_stands_around_the_condition_that_would_keep_an_index_from_it() -> None:
    asked = select(SipLine.id).where(among(SipLine.name, "names"), SipLine.id > 0)

    on_sqlite, on_postgresql = (str(asked.compile(dialect=each.dialect())) for each in (sqlite, postgresql))

    assert "WHERE sip_line.name IN (SELECT value FROM json_each(?)) AND" in on_sqlite
    assert "WHERE sip_line.name = ANY (" in on_postgresql
