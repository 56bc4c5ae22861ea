"""Words for people: English in the code, every other language in `portal/locale`."""

from __future__ import annotations

from pathlib import Path

from flask_babel import gettext, lazy_gettext, ngettext

LOCALES = ("ru", "en")
DEFAULT_LOCALE = "ru"
CATALOGUES = Path(__file__).resolve().parent.parent / "locale"

__all__ = ["CATALOGUES", "DEFAULT_LOCALE", "LOCALES", "gettext", "lazy_gettext", "ngettext"]
