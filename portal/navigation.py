"""The side menu and the header of every page: the seed's entries in the seed's order. Part of the composition root."""

from __future__ import annotations

from flask import Flask, g
from flask_babel import get_locale

from portal.accounts.door import signed_in
from portal.accounts.roles import role_label
from portal.kernel.i18n import lazy_gettext as _l
from portal.web import nav
from portal.web.access import Permission
from portal.web.nav import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry("overview.index", lambda: str(_l("Overview")), "dashboard", "work", Permission.SEE_CALLS),
)


def init_app(app: Flask) -> None:
    """Gives every template what the frame of a page shows."""

    @app.context_processor
    def frame() -> dict[str, object]:
        person = signed_in()
        is_bare = g.get("is_bare", False)
        return {
            "locale": str(get_locale()),
            "theme": person.theme if person else "auto",
            "current_user": person,
            "account": person.account if person else None,
            "role_label": role_label(person.role) if person and person.role else None,
            "nav": nav.items(ENTRIES, person.permissions) if person and not is_bare else [],
        }
