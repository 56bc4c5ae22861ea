"""How long the server takes for a page: the whole request within one process, without the network."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from flask import Flask
from flask.testing import FlaskClient

from portal.accounts import services, sessions
from portal.kernel.db import transaction
from tests.bench.figures import quantiles
from tests.people import ANNA

Quantiles = tuple[float, float]
"""The 50th and the 95th hundredth, in milliseconds."""


def visitor(app: Flask) -> FlaskClient:
    """Anna, signed in."""
    client = app.test_client()
    with app.app_context(), transaction():
        user = services.find_user(ANNA.email)
        token = sessions.open_session(app.extensions["portal.vault"], user, "127.0.0.1", "bench")
    with client.session_transaction(base_url="https://localhost") as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def seconds_of(client: FlaskClient, path: str, status: int = 200) -> float:
    """How long one page takes."""
    began = time.perf_counter()
    answer = client.get(path, base_url="https://localhost", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == status, f"{path}: {answer.status_code}"
    answer.get_data()
    return time.perf_counter() - began


def time_pages(
    client: FlaskClient, queries: Mapping[str, str], visits: int, path: str = "/calls"
) -> dict[str, Quantiles]:
    """Each page once to warm up, then so many times, in turn."""
    samples: dict[str, list[float]] = {name: [] for name in queries}
    for _visit in range(visits + 1):
        for name, query in queries.items():
            samples[name].append(seconds_of(client, f"{path}?{query}"))
    return {name: _milliseconds(quantiles(each[1:])) for name, each in samples.items()}


def time_in_turns(
    visits_of: Sequence[tuple[FlaskClient, Mapping[str, str]]], visits: int
) -> dict[str, list[Quantiles]]:
    """The same of several installations that have questions of the same names: each is asked right after the other."""
    samples: dict[str, list[list[float]]] = {name: [[] for _ in visits_of] for name in visits_of[0][1]}
    for _visit in range(visits + 1):
        for name, each in samples.items():
            for seconds, (client, queries) in zip(each, visits_of, strict=True):
                seconds.append(seconds_of(client, f"/calls?{queries[name]}"))
    return {name: [_milliseconds(quantiles(seconds[1:])) for seconds in each] for name, each in samples.items()}


def _milliseconds(pair: tuple[float, float]) -> Quantiles:
    return pair[0] * 1000, pair[1] * 1000
