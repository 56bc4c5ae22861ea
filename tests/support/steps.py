"""How much SQLite does for something: counted in its own steps, which no other load changes."""

from __future__ import annotations

from collections.abc import Callable

from portal.kernel.db import db, is_sqlite


def hundreds_of_steps(act: Callable[[], object]) -> int:
    """Steps of SQLite's machine in the open transaction, in hundreds; 0 on PostgreSQL, which plans by what it sees."""
    act()  # what is read once
    if not is_sqlite():
        return 0
    count = 0

    def one() -> None:
        nonlocal count
        count += 1

    driver = db.session.connection().connection.driver_connection
    assert driver is not None
    driver.set_progress_handler(one, 100)
    try:
        act()
    finally:
        driver.set_progress_handler(None, 0)
    return count
