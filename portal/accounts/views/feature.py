"""The feature that the views of this package belong to."""

from portal.web.feature import Feature

feature = Feature("accounts", "portal.accounts")
