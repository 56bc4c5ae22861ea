"""Words for people: English in the code, every other language in `portal/locale`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask_babel import force_locale, gettext, lazy_gettext, ngettext

LOCALES = ("ru", "en")
DEFAULT_LOCALE = "ru"
CATALOGUES = Path(__file__).resolve().parent.parent / "locale"

__all__ = ["CATALOGUES", "DEFAULT_LOCALE", "LOCALES", "gettext", "lazy_gettext", "ngettext", "speaking"]


@contextmanager
def speaking(locale: str | None) -> Iterator[None]:
    """Words in a person's own language, whoever the process works for; Russian for one who has chosen none."""
    with force_locale(locale if locale in LOCALES else DEFAULT_LOCALE):
        yield
