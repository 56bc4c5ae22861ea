"""The offer, as the account sees it and as the operator does."""

from portal.offer.feature import desk, offer
from portal.offer.views import account, operator

__all__ = ["account", "desk", "offer", "operator"]
