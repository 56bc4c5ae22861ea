"""The room's blueprints; the views hang themselves on them."""

from __future__ import annotations

from portal.web.feature import Feature

invoicing = Feature("invoicing", __name__)
"""The account's side."""

desk = Feature("invoicing_desk", __name__, url_prefix="/admin")
"""The operator's side."""
