"""Pages of money: the balance with its ledger, statistics, statements."""

from portal.billing.views import balance, documents, payments
from portal.billing.views.feature import feature as feature

__all__ = ["balance", "documents", "feature", "payments"]
