"""A rule has one home: what would be a second one is found by its words."""

import re
from pathlib import Path

from tests.architecture.sources import PORTAL, TEMPLATES, files, lines_with, name, python_files, templates, text

CLOCK = PORTAL / "kernel" / "clock.py"
CONNECTION = PORTAL / "kernel" / "pipeline.py"
HTMX = PORTAL / "web" / "htmx.py"
# The names that the contract fixed for the outside; inside, a number is a caller, a callee or a did.
WIRE_WORDS = re.compile(
    r"\b(abonent_id|num_[abm]\w*|code_name_num\w*|setup_time|connection_time|waiting_time|recorder_file)\b"
)


def _outside(home: str) -> list[Path]:
    return [path for path in python_files(PORTAL) if not name(path).startswith(home)]


def test_a_transaction_is_committed_in_kernel_db_only() -> None:
    # What a connection does when it is told to is the driver's own.
    callers = [path for path in _outside("portal/kernel/db") if path != CONNECTION]

    assert not lines_with(callers, ".commit("), "a request or a job is one unit of work"


def test_the_outsides_field_names_stand_in_wire_only() -> None:
    inside = [path for path in python_files(PORTAL) if not _speaks_to_the_outside(path)]
    found = [
        f"{name(path)}:{number}: {match[0]}"
        for path in inside
        for number, line in enumerate(text(path).splitlines(), 1)
        if (match := WIRE_WORDS.search(line))
    ]

    assert not found, "say caller, callee, did, started_at, talk_seconds …; the wire module translates"


def test_there_is_one_clock() -> None:
    words = ("datetime.now(", "utcnow", "time.time(", "date.today(")

    assert not lines_with([path for path in python_files(PORTAL) if path != CLOCK], *words), "portal.kernel.clock.now()"


def test_htmx_is_spelled_in_one_file() -> None:
    headers = re.compile(r"['\"](HX-|hx-request|hx_request)", re.IGNORECASE)
    found = [name(path) for path in python_files(PORTAL) if path != HTMX and headers.search(text(path))]

    assert not found, "portal.web.htmx decides what a request wants and what an answer tells htmx"


def test_templates_format_through_filters() -> None:
    found = lines_with(templates(), "strftime", "|format(", "| format(")

    assert not found, "portal.web.filters knows money, times, durations and numbers"


def test_nothing_is_called_utils() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    found = [
        name(path)
        for folder in (PORTAL, TEMPLATES)
        for path in files(folder)
        if {path.stem.strip("_"), path.parent.name} & drawers
    ]

    assert not found, "name it for the noun that it is about"


def _speaks_to_the_outside(path: Path) -> bool:
    parts = path.relative_to(PORTAL).parts
    return "public_api" in parts or "wire" in {*parts[:-1], path.stem}
