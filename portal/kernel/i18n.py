"""Words for people: English in the code, every other language in `portal/locale`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale
from babel.support import NullTranslations
from flask import g
from flask.globals import _cv_app
from flask_babel import force_locale, get_locale, get_translations  # noqa: TID251 -- here they are kept
from flask_babel.speaklater import LazyString

LOCALES = ("ru", "en")
DEFAULT_LOCALE = "ru"
_KEPT = 8192
"""Words kept: more than there are."""
CATALOGUES = Path(__file__).resolve().parent.parent / "locale"

__all__ = [
    "CATALOGUES",
    "DEFAULT_LOCALE",
    "LOCALES",
    "gettext",
    "language",
    "lazy_gettext",
    "ngettext",
    "speaking",
]


class Language(NamedTuple):
    """What the present page or job speaks."""

    locale: Locale
    code: str
    """Of the locale: `ru`. Quicker to look something up by than the locale itself."""
    catalogue: NullTranslations


def language() -> Language:
    """Chosen once per request or job. flask-babel works it out anew for each word, and a page has five hundred."""
    try:
        # Straight from where Flask keeps it: the proxy takes twice as long as all the rest of a word.
        here = _cv_app.get().g
    except LookupError:  # Outside of an app.
        return _chosen()
    try:
        kept: Language = here.portal_language
    except AttributeError:
        kept = here.portal_language = _chosen()
    return kept


@lru_cache(_KEPT)
def looked_up(catalogue: NullTranslations, message: str) -> str:
    """The message in the catalogue's language."""
    text: str = catalogue.ugettext(message)
    return text


def gettext(message: str, /, **variables: Any) -> str:
    """The message in the present language, with its `%(name)s` filled in."""
    text = looked_up(language().catalogue, message)
    return text % variables if variables else text


def ngettext(singular: str, plural: str, num: int, /, **variables: Any) -> str:
    """The form that `num` takes in the present language; `%(num)s` is that number."""
    text: str = language().catalogue.ungettext(singular, plural, num)
    return text % {"num": num, **variables}


def lazy_gettext(message: str, /, **variables: Any) -> LazyString:
    """The same, looked up when it is shown: for what is written down before anybody asks, as labels of forms."""
    return LazyString(gettext, message, **variables)


@contextmanager
def speaking(locale: str | None) -> Iterator[None]:
    """Words in a person's own language, whoever the process works for; Russian for one who has chosen none."""
    with force_locale(locale if locale in LOCALES else DEFAULT_LOCALE):
        before = g.pop("portal_language", None)
        try:
            yield
        finally:
            g.pop("portal_language", None)
            if before is not None:
                g.portal_language = before


def _chosen() -> Language:
    locale = get_locale() or Locale(DEFAULT_LOCALE)
    return Language(locale, str(locale), get_translations())
