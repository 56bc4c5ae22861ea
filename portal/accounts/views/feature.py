"""The feature that the views of this package belong to."""

from portal.accounts.roles import Role, role_label
from portal.web.feature import Feature

feature = Feature("accounts", "portal.accounts")
feature.add_app_template_filter(lambda role: role_label(Role(role)), "role")
