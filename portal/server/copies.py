"""A copy of an installation: one tar with the database, the secret, the records, and a note of what it holds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from portal.kernel.config import Settings
from portal.kernel.storage import FOLDER

FORMAT = 1
NOTE, SECRET, DATABASE, BLOBS = "copy.json", "secret", "database", FOLDER
"""Names within the tar. `database` is an SQLite file, or what `pg_dump --format=custom` writes."""


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in `copy.json`."""

    format: int
    kind: str
    """`sqlite` or `postgresql`: a copy comes back into the kind of database that it was made of."""
    revision: str
    made_at: str

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Note:
        """Raises `ValueError` for a note that this release does not know."""
        found = json.loads(path.read_text(encoding="utf-8"))
        try:
            note = cls(**found)
        except TypeError:
            raise ValueError("another format") from None
        if note.format != FORMAT:
            raise ValueError("another format")
        return note


def kind_of(settings: Settings) -> str:
    """The kind of database of this installation."""
    return "sqlite" if settings.is_embedded else "postgresql"
