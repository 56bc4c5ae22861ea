"""The newest calls of some classes against a plain sort, where some classes have many calls and some hardly any."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.calls.log import newest
from portal.calls.log.filters import CallFilters
from portal.calls.log.stretch import CALLS, Stretch
from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from tests.calls.factory import NOON
from tests.calls.test_any_choice_of_calls import a_call
from tests.people import Cast

Call = tuple[object, int, int]


@pytest.fixture
def calls(app: Flask, cast: Cast) -> list[Call]:
    """Moment, id and class of two hundred calls, the oldest first: half of them of one class, several at once."""
    chance = random.Random(8)
    with app.app_context(), transaction(cast.north) as session:
        frequent = a_call(NOON, chance)
        for _ in range(200):
            call = a_call(NOON - timedelta(minutes=chance.randrange(150)), chance)
            if chance.random() < 0.5:
                for name in ("kind", "outcome", "caller", "callee", "did", "has_recording", "talk_seconds", "price"):
                    setattr(call, name, getattr(frequent, name))
            session.add(call)
        session.flush()
        rows = session.execute(select(CallRecord.started_at, CallRecord.id, CallRecord.class_id))
        return sorted(tuple(row) for row in rows)


@pytest.mark.parametrize("limit", [1, 2, 7, 40, 100, 1000])
@pytest.mark.parametrize("spare", [0, 4])
@pytest.mark.parametrize("share", [0.1, 0.6, 1])
def test_the_nearest_of_these_classes_are_found(
    app: Flask, cast: Cast, calls: list[Call], monkeypatch: pytest.MonkeyPatch, limit: int, spare: int, share: float
) -> None:
    monkeypatch.setattr(newest, "_SPARE", spare)
    chance = random.Random(limit)
    classes = {class_id for _moment, _row_id, class_id in calls if chance.random() < share}
    moment, row_id, _class_id = calls[110]

    for is_backwards in (False, True):
        cursor = CALLS.cursor_at(moment, row_id, backwards=is_backwards)  # type: ignore[arg-type]
        window = Stretch.of(CallFilters(), cursor)
        ahead = calls[111:] if is_backwards else calls[:110][::-1]
        with app.app_context(), transaction(cast.north, writes=False):
            found = newest.newest(classes, window, limit)

        assert list(found) == [call[:2] for call in ahead if call[2] in classes][:limit]
