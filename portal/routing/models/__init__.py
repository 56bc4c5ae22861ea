"""Tables of routing: groups and how they are rung, working hours, the blacklist, known contacts."""

from portal.routing.models.blacklist import BlacklistEntry
from portal.routing.models.groups import (
    FallbackKind,
    HuntFallback,
    HuntGroup,
    HuntMember,
    HuntStrategy,
    LineActivity,
)
from portal.routing.models.hours import HoursException, LineHours
from portal.routing.models.known import ContactSource, FoundOwner, KnownContactRules, LookupState, OwnerMode
from portal.routing.models.stamp import RoutingStamp

__all__ = [
    "BlacklistEntry",
    "ContactSource",
    "FallbackKind",
    "FoundOwner",
    "HoursException",
    "HuntFallback",
    "HuntGroup",
    "HuntMember",
    "HuntStrategy",
    "KnownContactRules",
    "LineActivity",
    "LineHours",
    "LookupState",
    "OwnerMode",
    "RoutingStamp",
]
