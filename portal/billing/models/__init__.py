"""Tables of money. Tariffs belong to the installation, the ledger and the balance to the account."""

from portal.billing.models.alert import DismissedMoneyAlert, LedgerFault, MoneyAlert, MoneyAlertKind
from portal.billing.models.ledger import AccountBalance, EntryKind, IncludedUse, LedgerDay, LedgerEntry
from portal.billing.models.rerating import ReRating, ReRatingState
from portal.billing.models.tariff import AccountPlan, Tariff, TariffRate, TariffVersion

__all__ = [
    "AccountBalance",
    "AccountPlan",
    "DismissedMoneyAlert",
    "EntryKind",
    "IncludedUse",
    "LedgerDay",
    "LedgerEntry",
    "LedgerFault",
    "MoneyAlert",
    "MoneyAlertKind",
    "ReRating",
    "ReRatingState",
    "Tariff",
    "TariffRate",
    "TariffVersion",
]
