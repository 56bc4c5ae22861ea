"""`portal engine check` against a real Asterisk with the document's files."""

from __future__ import annotations

import dataclasses

from portal.telephony.asterisk_check import check_asterisk
from tests.telephony.asterisk.real.scene import ANN, BEN, CAT, Scene


def test_the_documents_files_leave_nothing_to_be_mended_and_the_probe_rings_nobody(scene: Scene) -> None:
    with scene.app.app_context():
        found = check_asterisk(scene.app.extensions["portal.settings"], is_engine_running=False)

    assert not [each.text for each in found if each.is_fault]
    assert not any(scene.has_rung(name) for name in (ANN, BEN, CAT))


def test_an_application_that_the_dialplan_does_not_know_is_noticed(scene: Scene) -> None:
    settings = scene.app.extensions["portal.settings"]
    asterisk = dataclasses.replace(settings.asterisk, app="another")
    with scene.app.app_context():
        found = check_asterisk(dataclasses.replace(settings, asterisk=asterisk), is_engine_running=False)

    assert any("Stasis(another,incoming,${EXTEN})" in each.text for each in found if each.is_fault)
