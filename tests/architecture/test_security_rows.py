"""docs/security.md names every row, and every test that it names is there."""

import re

from tests.architecture.sources import PORTAL

ROOT = PORTAL.parent
DOCUMENT = ROOT / "docs" / "security.md"
ROWS = {"S": 13, "C": 7, "P": 16, "A": 7, "W": 15, "H": 13, "K": 10, "L": 8, "F": 9, "B": 8}
_ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str]]:
    """Id, what must hold, what proves it."""
    return _ROW.findall(DOCUMENT.read_text(encoding="utf-8"))


def test_every_row_is_there_once_and_in_order() -> None:
    assert [name for name, *_ in rows()] == [f"{group}{n}" for group, most in ROWS.items() for n in range(1, most + 1)]


def test_every_row_has_its_test_or_its_reason() -> None:
    silent = [name for name, _what, proof in rows() if len(proof.split()) < 3 and "`" not in proof]

    assert not silent


def test_every_test_that_is_named_exists() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    written = set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))
    named = {word for _name, _what, proof in rows() for word in re.findall(r"`(test_\w+)`", proof)}
    folders = {word for _name, _what, proof in rows() for word in re.findall(r"`(tests/[\w/.]+)`", proof)}

    assert not named - written
    assert not [folder for folder in folders if not (ROOT / folder).exists()]
