"""The pages of the address book, and of its imports and exports."""

from portal.contacts.feature import feature
from portal.contacts.views import book, exchange, people

__all__ = ["book", "exchange", "feature", "people"]
