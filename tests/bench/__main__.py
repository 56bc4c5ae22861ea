"""`python -m tests.bench [api|webhooks] [--quick]`: measures and prints tables, for some minutes."""

import argparse
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from portal.kernel.db import db
from tests.bench import figures, machine, streams
from tests.bench.sites import Site, demo, on_postgresql
from tests.bench.webhooks import table as webhooks


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    calls: int
    rounds: int
    visits: int
    test_calls: int


FULL = Extent(calls=1_000_000, rounds=5, visits=40, test_calls=10)
QUICK = Extent(calls=20_000, rounds=2, visits=10, test_calls=5)


def main() -> None:
    """Measures on SQLite, then on PostgreSQL, in one run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="The figures, with the machine named.")
    parser.add_argument("--quick", action="store_true", help="a small history and few rounds: to try the bench itself")
    parser.add_argument(
        "section",
        nargs="?",
        choices=["all", "api", "webhooks"],
        default="all",
        help="only one of them",
    )
    asked = parser.parse_args()
    if asked.section != "webhooks":
        _pages(QUICK if asked.quick else FULL, asked.section)
    if asked.section != "api":
        webhooks.run(is_quick=asked.quick)


def _pages(extent: Extent, section: str) -> None:
    embed, serve = (_api_embedded, _api) if section == "api" else (_embedded, _postgresql)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        embedded = embed(Path(folder), extent)
        with on_postgresql(Path(folder) / "postgresql") as site:
            server = serve(site, extent)
            version = _version(site)
    rows = [f"| {name} | {figure} | {server.get(name, '')} |" for name, figure in embedded.items()]
    sys.stdout.write(
        f"\n{machine.describe([f'SQLite {sqlite3.sqlite_version}', version])}\n"
        f"{extent.calls:,} calls; medians of {extent.rounds} rounds; load at the end {machine.load():.1f}\n\n"
        + "\n".join(["| | SQLite | PostgreSQL |", "|---|---|---|", *rows, ""])
    )


def _embedded(folder: Path, extent: Extent) -> dict[str, str]:
    full = folder / "full"
    rows = {"start to `Ready`, empty folder": f"{figures.starts(folder / 'empty', extent.rounds):.2f} s"}
    with demo(full) as site:
        filled = _filled(site, extent)
    rows[f"start to `Ready`, folder with {extent.calls:,} calls"] = f"{figures.starts(full, extent.rounds):.2f} s"
    rows["`portal fill`, rows of calls, legs and postings"] = filled
    with demo(full) as site:
        rows |= _over_http(site, extent) | _streamed(site, extent)
        weights = figures.weight(site)
    shown = ", ".join(f"{kind.lower()} {size:,}" for kind, size in weights.items() if size)
    rows["weight of a first visit, bytes on the wire"] = f"{sum(weights.values()):,} ({shown})"
    return rows


def _api_embedded(folder: Path, extent: Extent) -> dict[str, str]:
    with demo(folder / "full") as site:
        return _api(site, extent)


def _api(site: Site, extent: Extent) -> dict[str, str]:
    _filled(site, extent)
    return _streamed(site, extent)


def _streamed(site: Site, extent: Extent) -> dict[str, str]:
    speed, grown = streams.get_calls(site, extent.calls, extent.rounds)
    name = f"`get_calls`, one answer of {extent.calls:,} calls"
    return {name: _say(name, f"{speed:,.0f} calls a second; processes grew by {grown:.0f} MB")}


def _postgresql(site: Site, extent: Extent) -> dict[str, str]:
    filled = _filled(site, extent)
    with site.app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What the server does by itself a minute after.
        connection.execute(text("analyze"))
    found = {"`portal fill`, rows of calls, legs and postings": filled}
    return found | _over_http(site, extent) | _streamed(site, extent)


def _over_http(site: Site, extent: Extent) -> dict[str, str]:
    found = figures.pages(site, extent.rounds, extent.visits)
    found["test call to notice received"] = figures.notices(site, extent.rounds, extent.test_calls)
    return {
        f"{name}, p50 / p95": _say(name, f"{low * 1000:.1f} / {high * 1000:.1f} ms")
        for name, (low, high) in found.items()
    }


def _version(site: Site) -> str:
    with site.app.app_context(), db.engine.connect() as connection:
        return f"PostgreSQL {connection.execute(text('show server_version')).scalar_one().split()[0]}"


def _filled(site: Site, extent: Extent) -> str:
    by_clock, by_processor = figures.fill(site, extent.calls)
    return _say("portal fill", f"{by_clock:,.0f} a second, {by_processor:,.0f} per second of processor")


def _say(name: str, shown: str) -> str:
    """Told at once as well, since the table comes late."""
    sys.stdout.write(f"{name}: {shown}\n")
    sys.stdout.flush()
    return shown


main()
