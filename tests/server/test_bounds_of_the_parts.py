"""How many connections and how long a wait each part of an installation allows itself (ASVS 13.2.6; row B6)."""

import inspect
from pathlib import Path
from typing import cast

import pytest

from portal.app import Process, create_app
from portal.kernel.config import load_settings
from portal.kernel.db import db
from portal.kernel.http import Door
from portal.kernel.http.door import BODY_BYTES

POOLS = {"web": 32, "worker": 6, "jobs": 8, "engine": 4, "command": 2}
BEYOND, PATIENCE = 8, 30
"""Connections above the pool at a rush, and seconds that a thread waits for one."""


@pytest.mark.parametrize("process", POOLS)
def test_a_part_takes_no_more_connections_than_its_pool_and_waits_no_longer(process: str, tmp_path: Path) -> None:
    app = create_app(load_settings({}, data=tmp_path), cast("Process", process))

    options = app.config["SQLALCHEMY_ENGINE_OPTIONS"]

    assert (options["pool_size"], options["max_overflow"], options["pool_timeout"]) == (
        POOLS[process],
        BEYOND,
        PATIENCE,
    )
    with app.app_context():
        db.engine.dispose()


def test_a_receiver_gets_so_many_seconds_and_octets() -> None:
    bounds = inspect.signature(Door).parameters

    assert BODY_BYTES == 32 * 1024
    assert bounds["connect_seconds"].default == 3.0
    assert (bounds["idle_seconds"].default, bounds["idle_connections"].default) == (20.0, 256)
