"""CRM users pasted as a list, one per line. What cannot be read is handed back; nothing is lost on the way."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.accounts.audit import audit
from portal.contacts.models import CrmUser
from portal.contacts.queries import crm_users
from portal.contacts.services.crm_users import LONGEST_NAME, clean_name
from portal.kernel.db import announce, db
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.telephony.models import SipLine
from portal.telephony.queries import sip_lines

MOST_LINES = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the paste that made no user, and why."""

    number: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Import:
    """What became of a paste: who was added, which lines name somebody who is there, which could not be read."""

    added: Sequence[CrmUser]
    skipped: Sequence[Line]
    unread: Sequence[Line]

    @property
    def left(self) -> str:
        """The lines that could not be read, to be mended and sent again."""
        return "\n".join(line.text for line in self.unread)


def import_crm_users(text: str) -> Import:
    """Adds the users of a paste, one per line: `Name`, `Name;SIP/00000000672`, `Name;672`; a tab serves as well, and
    cells may be quoted as spreadsheets do it.

    Raises `Refused(field="text")` for an empty or an endless paste.
    """
    written = [
        (number, line.strip()) for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1) if line.strip()
    ]
    if not written:
        raise Refused(_("Paste at least one line with a name."), "text")
    if len(written) > MOST_LINES:
        raise Refused(_("At most %(count)s lines at once.", count=MOST_LINES), "text")
    desk = _Desk()
    for number, line in written:
        desk.take(number, line)
    if desk.added:
        db.session.add_all(desk.added)
        db.session.flush()
        names = [user.name for user in desk.added]
        audit("crm_user.import", ", ".join(names), after={"names": names})
        announce("phones-changed")
    return Import(desk.added, desk.skipped, desk.unread)


class _Desk:
    """Sorts lines into those three heaps."""

    def __init__(self) -> None:
        self.added: list[CrmUser] = []
        self.skipped: list[Line] = []
        self.unread: list[Line] = []
        present = crm_users()
        self._names = {user.name.casefold() for user in present}
        self._holders = {user.sip_line_id: user.name for user in present if user.sip_line_id is not None}
        self._lines = _by_what_people_write(sip_lines())

    def take(self, number: int, text: str) -> None:
        """Puts one line on its heap."""
        try:
            name, sip = self._read(text)
            if name.casefold() in self._names:
                self.skipped.append(Line(number, text, _("is there already")))
                return
            line_id = self._free_line(sip) if sip else None
        except Refused as error:
            self.unread.append(Line(number, text, error.message))
            return
        self.added.append(CrmUser(name=name, sip_line_id=line_id))
        self._names.add(name.casefold())
        if line_id is not None:
            self._holders[line_id] = name

    def _read(self, text: str) -> tuple[str, str]:
        cells = _cells(text)
        if len(cells) > 2:
            raise Refused(_("More than a name and a SIP account in one line."))
        if self._figures(cells[0]) in self._lines:
            raise Refused(_("A SIP account without a name."))
        return clean_name(cells[0]), cells[1] if len(cells) > 1 else ""

    def _free_line(self, sip: str) -> int:
        found = self._lines.get(self._figures(sip), [])
        if not found:
            raise Refused(_("There is no SIP account %(name)s.", name=sip))
        if len(found) > 1:
            raise Refused(_("Several SIP accounts end in %(name)s: write it in full.", name=sip))
        holder = self._holders.get(found[0].id)
        if holder is not None:
            raise Refused(_("%(line)s belongs to %(name)s.", line=found[0].name, name=holder))
        return found[0].id

    @staticmethod
    def _figures(sip: str) -> str:
        """What is left of a SIP account's name when people drop the prefix and the leading zeros."""
        return sip.casefold().removeprefix("sip/").lstrip("0")


def _cells(text: str) -> list[str]:
    """What stands between semicolons or tabs; one quote alone is a sign like another."""
    is_quoted = text.count('"') % 2 == 0
    written = text.replace("\t", ";").rstrip(";")
    try:
        (row,) = csv.reader(
            [written],
            delimiter=";",
            skipinitialspace=True,
            quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
        )
    except csv.Error:
        # A cell of more than a hundred thousand characters.
        raise Refused(_("A name has at most %(count)s characters.", count=LONGEST_NAME)) from None
    return [cell.strip() for cell in row] or [""]


def _by_what_people_write(lines: Sequence[SipLine]) -> Mapping[str, list[SipLine]]:
    found: dict[str, list[SipLine]] = {}
    for line in lines:
        found.setdefault(line.name.casefold().removeprefix("sip/").lstrip("0"), []).append(line)
    return found
