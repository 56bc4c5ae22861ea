"""Reads of calls: one call, the calls that last, the figures of today. The log has its own: `calls.log.pages`."""

from portal.calls.queries.one import find_call, live_calls
from portal.calls.queries.today import DayFigures, TodayFigures, today

__all__ = ["DayFigures", "TodayFigures", "find_call", "live_calls", "today"]
