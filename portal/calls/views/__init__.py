"""The call log, one call, the calls that last; placing calls and ending them."""

from portal.calls.feature import feature as feature
from portal.calls.views import log, one, placing, remarks, saved, tags

__all__ = ["feature", "log", "one", "placing", "remarks", "saved", "tags"]
