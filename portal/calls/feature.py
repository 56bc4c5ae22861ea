"""The room's feature, with the words of calls for the templates of every room."""

from __future__ import annotations

from flask import current_app

from portal.calls import words
from portal.web.feature import Feature

feature = Feature("calls", "portal.calls")
for name, filter_ in words.FILTERS.items():
    feature.add_app_template_filter(filter_, name)


@feature.app_context_processor
def switch() -> dict[str, object]:
    """Whether test calls can be placed."""
    return {"is_sandbox": current_app.extensions["portal.settings"].engine == "sandbox"}
