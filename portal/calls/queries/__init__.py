"""Reads of calls: the log page by page, one call, the calls that last, the figures of today."""

from portal.calls.queries.log import call_page
from portal.calls.queries.one import find_call, live_calls
from portal.calls.queries.today import DayFigures, TodayFigures, today

__all__ = ["DayFigures", "TodayFigures", "call_page", "find_call", "live_calls", "today"]
