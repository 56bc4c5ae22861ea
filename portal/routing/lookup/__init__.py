"""Asking a CRM who looks after a caller: the protocol, the plain HTTP way, and the desk that keeps to a budget."""

from portal.routing.lookup.at_hand import crm_at_hand, use_crm
from portal.routing.lookup.desk import LookupDesk
from portal.routing.lookup.protocol import CallerLookup, CrmAtHand, LookupFailed, LookupResult, Named

__all__ = [
    "CallerLookup",
    "CrmAtHand",
    "LookupDesk",
    "LookupFailed",
    "LookupResult",
    "Named",
    "crm_at_hand",
    "use_crm",
]
