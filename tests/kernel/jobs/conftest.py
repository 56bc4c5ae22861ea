import shutil
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.kernel.jobs.bench import Bench
from tests.people import Cast


@pytest.fixture
def bench(app: Flask, cast: Cast) -> Iterator[Bench]:
    """North's background jobs; kinds that a test adds are gone with it."""
    kinds = app.extensions["portal.jobs"].kinds
    before = dict(kinds)
    # Ids begin anew with each test, and the folder does not.
    shutil.rmtree(app.extensions["portal.storage"]._root / "jobs", ignore_errors=True)
    yield Bench(app, cast.north)
    kinds.clear()
    kinds.update(before)
