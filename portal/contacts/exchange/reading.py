"""From the bytes of a file to records: its coding and columns are guessed, and the person may say otherwise."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from portal.contacts.exchange.vcard import read_cards
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _

MOST_COLUMNS = 60
_NUMBERS_APART = re.compile(r"[\n,;/|]+|\s{2,}|:::")
_DASHED = re.compile(r"(?!8-)\d+(?:-\d+)+")
"""`44-20-7946-0958`: with the country code, as `export` writes it; an 8 that stands apart is the trunk prefix."""
_LIMIT = 200_000
"""Characters of one cell (Python's own bound is smaller)."""
_LONGEST_LINE = 2_000_000


class Meaning(StrEnum):
    """What a column holds."""

    NOTHING = ""
    NAME = "name"
    """Several such columns make one name, in their order."""
    COMPANY = "company"
    NUMBER = "number"
    NOTE = "note"
    OWNER = "owner"
    """The CRM user, by name."""


@dataclass(frozen=True, slots=True)
class Record:
    """One contact of a file, as it is written there. `line` counts from 1."""

    line: int
    name: str
    company: str
    note: str
    owner: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableHead:
    """The headings of a CSV file, a first row to look at, and a guess of what each column holds."""

    headings: Sequence[str]
    sample: Sequence[str]
    guess: Sequence[Meaning]


_WORDS = (
    (Meaning.NUMBER, ("phone", "тел", "номер", "mobile", "моб", "tel", "number", "факс")),
    (Meaning.COMPANY, ("compan", "компан", "организац", "organi", "фирма")),
    (Meaning.OWNER, ("owner", "ответствен", "менеджер", "manager", "responsible", "ведёт", "looked after")),
    (Meaning.NOTE, ("note", "замет", "коммент", "примеч", "comment")),
    (Meaning.NAME, ("name", "имя", "фио", "ф.и.о", "контакт", "фамил", "отчество", "клиент")),
)
_NOT_OURS = re.compile(r"\b(label|type|тип|id\b|дата|date)")


def decoded(octets: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, else UTF-8, else the Russian Windows code page that Excel writes.

    However its lines ended, they end with a line feed. Raises `Refused(field="file")` for what is no text.
    """
    text = _text(octets)
    if "\0" in text:
        raise Refused(_("There is no table in this file: save it as CSV or vCard."), "file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(octets: bytes) -> str:
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return octets.decode("utf-16", "replace")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode("cp1251", "replace")


def lines_in(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a text in UTF-8 that comes piece by piece, each with its line feed; flat memory."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "replace") + "\n" for line in lines)
        if len(rest) > _LONGEST_LINE:
            # No row of a table: what follows is another.
            yield rest.decode("utf-8", "replace")
            rest = b""
    if rest:
        yield rest.decode("utf-8", "replace")


def is_vcard(text: str) -> bool:
    """Whether it is a file of cards."""
    return text.lstrip()[:11].upper() == "BEGIN:VCARD"


def table_head(lines: Iterator[str]) -> TableHead:
    """Raises `Refused(field="file")` where there is no table in it."""
    rows = _rows(lines)
    headings = next(rows, (0, []))[1]
    sample = next(rows, (0, []))[1]
    if not any(headings):
        raise Refused(_("There is no table in this file: save it as CSV or vCard."), "file")
    if len(headings) > MOST_COLUMNS:
        raise Refused(_("A file has at most %(count)s columns.", count=MOST_COLUMNS), "file")
    return TableHead(headings, sample, [_meaning(heading) for heading in headings])


def records(lines: Iterator[str], columns: Sequence[str], *, vcard: bool) -> Iterator[Record]:
    """What stands in the file, record by record."""
    if vcard:
        for card in read_cards(lines):
            yield Record(card.line, card.name, card.company, card.note, "", tuple(card.numbers))
        return
    rows = _rows(lines)
    next(rows, None)
    for line, cells in rows:
        if any(cells):
            yield _record(line, cells, columns)


def _record(line: int, cells: Sequence[str], columns: Sequence[str]) -> Record:
    held: dict[str, list[str]] = {meaning: [] for meaning in Meaning}
    for cell, column in zip(cells, columns, strict=False):
        if cell and column in held:
            held[column].append(cell)
    numbers = [part.strip() for cell in held[Meaning.NUMBER] for part in _NUMBERS_APART.split(cell) if part.strip()]
    return Record(
        line,
        " ".join(held[Meaning.NAME]),
        ", ".join(held[Meaning.COMPANY]),
        "\n".join(held[Meaning.NOTE]),
        " ".join(held[Meaning.OWNER]),
        tuple(written_number(number) for number in numbers),
    )


def written_number(cell: str) -> str:
    """A number for `phone.normalise`, without the apostrophe that keeps it text in a spreadsheet.

    One with dashes alone is given as bare digits, which may begin with a country code.
    """
    written = cell.lstrip("'")
    return written.replace("-", "") if _DASHED.fullmatch(written) else written


def _rows(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_LIMIT)
    first = next(lines, "")
    reader = csv.reader(chain([first], lines), delimiter=_delimiter(first))
    line = 1
    try:
        for row in reader:
            yield line, [cell.strip() for cell in row]
            line = reader.line_num + 1
    except csv.Error as error:
        raise Refused(_("Line %(line)s cannot be read: %(why)s", line=line, why=str(error)), "file") from None


def _delimiter(first: str) -> str:
    return max(";,\t", key=first[:20_000].count)


def _meaning(heading: str) -> Meaning:
    word = heading.casefold()
    if _NOT_OURS.search(word):
        return Meaning.NOTHING
    return next((meaning for meaning, words in _WORDS if any(each in word for each in words)), Meaning.NOTHING)
