"""Writes the one initial migration anew from the tables: `python -m tests.support.migration`.

Only until the first release; from then on each change of a table gets a migration of its own.
"""

import importlib
import tempfile
from pathlib import Path

from flask_migrate import revision

from portal.app import ROOT, create_app
from portal.kernel.config import load_settings
from portal.kernel.db import Model

VERSIONS = ROOT / "migrations" / "versions"
IMPORTS = """from alembic import op

from portal.calls.log.textindex import drop_text_index, make_text_index, tell_planner
from portal.contacts.wordindex import drop_word_index, make_word_index
from portal.kernel.appendonly import lock_rows, unlock_rows
from portal.kernel.rowsecurity import protect
"""
PROTECT = """
    protect(
        op.get_bind(),
        (
{tables}
        ),
    )
    lock_rows(op.get_bind(), {append_only})
    make_text_index(op.get_bind())
    make_word_index(op.get_bind())
    tell_planner(op.get_bind())
"""


def main() -> None:
    """Replaces `0001_*.py`."""
    for models in sorted((ROOT / "portal").glob("*/models.py")):
        importlib.import_module(f"portal.{models.parent.name}.models")
    for old in VERSIONS.glob("0001_*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_settings({"PORTAL_LOG_LEVEL": "error"}, data=Path(folder)), "command")
        with app.app_context():
            revision(message="First tables", autogenerate=True, rev_id="0001")
    _lock_rows(next(VERSIONS.glob("0001_*.py")))


def _lock_rows(script: Path) -> None:
    owned = sorted(name for name, table in Model.metadata.tables.items() if table.info.get("owned"))
    tables = "\n".join(f'            "{name}",' for name in owned)
    text = script.read_text(encoding="utf-8")
    before, after = text.split("\n\ndef downgrade")
    locked = tuple(sorted(name for name, table in Model.metadata.tables.items() if table.info.get("append_only")))
    text = before.rstrip() + PROTECT.format(tables=tables, append_only=locked) + "\n\ndef downgrade" + after
    undo = "".join(f"    {each}(op.get_bind())\n" for each in ("unlock_rows", "drop_text_index", "drop_word_index"))
    text = text.replace("def downgrade() -> None:\n", f"def downgrade() -> None:\n{undo}")
    script.write_text(text.replace("from alembic import op\n", IMPORTS), encoding="utf-8")


if __name__ == "__main__":
    main()
