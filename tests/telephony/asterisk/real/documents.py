"""The files that docs/asterisk.md tells an admin to write, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "asterisk.md"
_BLOCK = re.compile(r"^`/etc/asterisk/([a-z]+\.conf)`:\n\n```ini\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documented_files() -> dict[str, str]:
    """By name, such as `ari.conf`."""
    return dict(_BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")))


def filled_in(text: str, values: dict[str, str]) -> str:
    """What an admin writes in place of the document's examples; each must stand in the text of some file."""
    for example, value in values.items():
        text = text.replace(example, value)
    return text
