"""vCard 3.0 and 4.0 (RFC 2426, RFC 6350) and 2.1 with quoted-printable, as phones write it.

A reader of our own: of the libraries, vobject was last released in 2024 and refuses a file for one line that it does
not know, while of a phone's export each card that can be read is wanted.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_LINE = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;(?:[^:\"]|\"[^\"]*\")*)?):(.*)", re.DOTALL)
_QUOTED = "QUOTED-PRINTABLE"
_CHARSET = re.compile(r"CHARSET=\"?([\w-]+)", re.IGNORECASE)
_ESCAPES = re.compile(r"\\(.)", re.DOTALL)
_TEL_URI = re.compile(r"tel:([^;]*).*", re.IGNORECASE | re.DOTALL)
"""RFC 3966: what follows a semicolon is an extension, or where a local number holds."""
_APART = re.compile(r"(?<!\\);")


@dataclass(slots=True)
class Card:
    """What of a card is ours; `line` is where it begins, counted from 1."""

    line: int
    name: str = ""
    parts: str = ""
    company: str = ""
    note: str = ""
    numbers: list[str] = field(default_factory=list)


def read_cards(lines: Iterable[str]) -> Iterator[Card]:
    """Each card of the file, also those that lack something."""
    card: Card | None = None
    for number, line in _unfolded(lines):
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        name, parameters, raw = match[1].upper(), match[2], match[3]
        if name == "BEGIN" and raw.strip().upper() == "VCARD":
            card = Card(number)
        elif name == "END" and card is not None:
            card.name = card.name or card.parts
            yield card
            card = None
        elif card is not None:
            _take(card, name, _decoded(raw, parameters))


def _take(card: Card, name: str, value: str) -> None:
    if name == "FN":
        card.name = card.name or _plain(value)
    elif name == "N":
        parts = [_plain(part) for part in _APART.split(value)]
        family, given, middle = (*parts, "", "", "")[:3]
        card.parts = " ".join(part for part in (family, given, middle) if part)
    elif name == "ORG":
        card.company = card.company or ", ".join(part for each in _APART.split(value) if (part := _plain(each)))
    elif name == "TEL":
        card.numbers.append(_TEL_URI.sub(r"\1", _plain(value)))
    elif name == "NOTE":
        card.note = "\n".join(part for part in (card.note, _plain(value)) if part)


def _unfolded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Whole lines: in 2.1 one goes on after a `=` of quoted-printable, else where the next begins with white space."""
    whole, begun, is_quoted = "", 1, False
    for number, line in enumerate((each.rstrip("\r\n") for each in lines), 1):
        if is_quoted and whole.endswith("="):
            # White space at the beginning of what follows is a part of the value.
            whole += "\n" + line
        elif whole and line[:1] in (" ", "\t"):
            whole += line[1:]
        else:
            if whole:
                yield begun, whole
            whole, begun, is_quoted = line, number, _QUOTED in line.partition(":")[0].upper()
    if whole:
        yield begun, whole


def _decoded(raw: str, parameters: str) -> str:
    if _QUOTED not in parameters.upper():
        return raw
    charset = _CHARSET.search(parameters)
    octets = quopri.decodestring(raw.encode("utf-8", "surrogatepass"))
    try:
        text = octets.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:
        text = octets.decode("utf-8", "replace")
    # What the file itself cannot hold cannot come in quoted either: no database keeps it.
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _plain(value: str) -> str:
    return _ESCAPES.sub(lambda match: "\n" if match[1] in "nN" else match[1], value).strip()


def write_card(name: str, company: str, note: str, numbers: Iterable[str]) -> str:
    """A card of vCard 4.0; `numbers` are universal."""
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"FN:{_escaped(name)}", f"N:{_escaped(name)};;;;"]
    if company:
        lines.append(f"ORG:{_escaped(company)}")
    lines += [f"TEL;VALUE=uri:tel:+{number}" for number in numbers]
    if note:
        lines.append(f"NOTE:{_escaped(note)}")
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCARD"))


def _escaped(text: str) -> str:
    return re.sub(r"([\\,;])", r"\\\1", text).replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 75 octets in a line, no letter cut in two."""
    found, room = "", 75
    for char in line:
        size = len(char.encode())
        if size > room:
            found, room = f"{found}\r\n ", 74
        found, room = found + char, room - size
    return found
