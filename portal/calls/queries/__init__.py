"""Reads of calls: one call, those of one number, those that last, the figures of today. The log has its own:
`calls.log.pages`.
"""

from portal.calls.queries.number import calls_with
from portal.calls.queries.one import find_call, live_calls
from portal.calls.queries.today import DayFigures, TodayFigures, today

__all__ = ["DayFigures", "TodayFigures", "calls_with", "find_call", "live_calls", "today"]
