"""One real Asterisk and its people for the whole run, and an engine that drives it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from portal.kernel.config import Settings
from tests.people import Cast
from tests.telephony.asterisk.real.pbx import PASSWORD, PHONE_PASSWORD, Asterisk
from tests.telephony.asterisk.real.phones import Phone, free_port
from tests.telephony.asterisk.real.scene import NAMES, OUTSIDE, Scene
from tests.telephony.asterisk.real.tree import make_tree
from tests.telephony.exchange import until, wire


@pytest.fixture(scope="session")
def tree() -> Path:
    """The programs, in the folder that ASTERISK_TREE names. To have none is a failure."""
    return make_tree(Path(os.environ["ASTERISK_TREE"]))


@pytest.fixture(scope="session")
def people(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Asterisk, dict[str, Phone]]]:
    """Asterisk is up, three phones are registered, and somebody outside can call and be called."""
    folder = tmp_path_factory.mktemp("pbx")
    outside_port = free_port()
    asterisk = Asterisk(tree, folder / "asterisk", NAMES, outside_port)
    asterisk.start()
    phones: dict[str, Phone] = {}
    try:
        for name in NAMES:
            phones[name] = Phone(tree, folder / name, name, asterisk.sip_port, password=PHONE_PASSWORD)
        phones[OUTSIDE] = Phone(tree, folder / OUTSIDE, OUTSIDE, asterisk.sip_port, port=outside_port)
        until(lambda: online(asterisk) >= set(NAMES))
        yield asterisk, phones
    finally:
        for phone in phones.values():
            phone.stop()
        asterisk.stop()


def online(asterisk: Asterisk) -> set[str]:
    return {str(each["resource"]) for each in asterisk.ari("endpoints/PJSIP") if each["state"] == "online"}


@contextmanager
def settings_of(app: Flask, asterisk: Asterisk) -> Iterator[None]:
    """The app's engine is this Asterisk's meanwhile."""
    before: Settings = app.extensions["portal.settings"]
    there = dataclasses.replace(before.asterisk, url=asterisk.url, password=PASSWORD)
    app.extensions["portal.settings"] = dataclasses.replace(before, engine="asterisk", asterisk=there)
    try:
        yield
    finally:
        app.extensions["portal.settings"] = before


@pytest.fixture
def scene(app: Flask, cast: Cast, people: tuple[Asterisk, dict[str, Phone]]) -> Iterator[Scene]:
    """North has the phones; at the end nobody is left on a line."""
    asterisk, phones = people
    wire(app, cast.north, phones=[f"SIP/{name}" for name in NAMES])
    scene = Scene(app, cast.north, asterisk, phones)
    with settings_of(app, asterisk):
        yield scene
        for phone in phones.values():
            phone.hang_up()
        until(lambda: not asterisk.ari("channels"))
