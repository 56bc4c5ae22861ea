"""How long ago something was reads as babel says it, though each such text is made once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from babel import dates
from flask import Flask

from portal.kernel import clock
from portal.kernel.i18n import speaking
from portal.web.filters import relative

NOON = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
# Around each step from one unit to the next.
STEPS = [unit * share for _name, unit in dates.TIMEDELTA_UNITS for share in (0.84, 0.85, 0.86, 1, 1.49, 1.51, 5.9, 6.1)]


@pytest.mark.parametrize("locale", ["ru", "en"])
@pytest.mark.parametrize("direction", [-1, 1])
def test_a_span_is_told_as_babel_tells_it(app: Flask, locale: str, direction: int) -> None:
    spans = [timedelta(seconds=direction * seconds) for seconds in STEPS]

    with app.app_context(), time_machine.travel(NOON, tick=False), speaking(locale):
        told = [relative(clock.now() + span) for span in spans]

    assert told == [dates.format_timedelta(span, add_direction=True, locale=locale) for span in spans]
