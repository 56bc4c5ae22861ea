"""Pages of money: the balance with its ledger, statistics."""

from portal.billing.views import alerting, balance, payments
from portal.billing.views.feature import feature as feature

__all__ = ["alerting", "balance", "feature", "payments"]
