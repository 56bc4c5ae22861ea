"""What people write: taken as they mean it, refused where it is empty or endless."""

from __future__ import annotations

import re

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Nobody types these, and PostgreSQL keeps no zero character."""


def line_of(text: str, *, field: str, longest: int) -> str:
    """One line with single spaces. Raises `Refused` at `field`."""
    return _checked(" ".join(_UNSEEN.sub("", text).split()), field, longest)


def text_of(text: str, *, field: str, longest: int) -> str:
    """Lines as they were typed; a browser's line ends count as one character. Raises `Refused` at `field`."""
    return _checked(_UNSEEN.sub("", text.replace("\r\n", "\n")).strip(), field, longest)


def _checked(text: str, field: str, longest: int) -> str:
    if not text:
        raise Refused(_("Write something here."), field)
    if len(text) > longest:
        raise Refused(
            _("At most %(count)s characters fit here; these are %(typed)s.", count=longest, typed=len(text)), field
        )
    return text
