"""How long it takes to write a call that has just ended: its rows, its totals, its text index, in one transaction."""

from __future__ import annotations

import time
from datetime import timedelta

from flask import Flask

from portal.calls.journal import Journal
from portal.kernel import clock
from portal.telephony.engine import CallChange
from portal.telephony.orders import new_call_id
from tests.bench.figures import quantiles
from tests.calls.factory import Story

WARM_UP, CALLS = 20, 200


def milliseconds(app: Flask) -> float:
    """The 95th hundredth; each call is told once, when it has ended. The first few, for which statements are prepared,
    do not count.
    """
    journal, samples = Journal(app), []
    for number in range(WARM_UP + CALLS):
        story = Story(
            1,
            caller=f"7903{number:07}",
            started_at=clock.now() - timedelta(seconds=60),
            answered_after=4.0,
            api_call_id=new_call_id(),
        )
        began = time.perf_counter()
        journal.record(story.finished(), CallChange.FINISHED)
        samples.append(time.perf_counter() - began)
    return quantiles(samples[WARM_UP:])[1] * 1000
