"""The call log, one call, the calls that last; placing calls and ending them."""

from portal.calls.feature import feature as feature
from portal.calls.views import export, log, one, placing, remarks, saved, tags

__all__ = ["export", "feature", "log", "one", "placing", "remarks", "saved", "tags"]
