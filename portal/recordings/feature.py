"""The room's feature, with its words for templates."""

from __future__ import annotations

from portal.recordings import panel, words
from portal.web.feature import Feature

feature = Feature("recordings", "portal.recordings")
for name, function in {**panel.FILTERS, **words.FILTERS}.items():
    feature.add_app_template_filter(function, name)
