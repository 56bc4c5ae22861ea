"""Asking a CRM who looks after a caller: the protocol, the plain HTTP way, and the desk that keeps to a budget."""

from portal.routing.lookup.desk import LookupDesk
from portal.routing.lookup.protocol import CallerLookup, LookupFailed, LookupResult, Named

__all__ = ["CallerLookup", "LookupDesk", "LookupFailed", "LookupResult", "Named"]
