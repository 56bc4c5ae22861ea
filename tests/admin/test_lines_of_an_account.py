"""The operator gives an account its phones and numbers, renames them, and switches them off and on."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.kernel.db import transaction
from portal.kernel.errors import Forbidden
from portal.telephony.asterisk_lines import LinesOfSwitch
from portal.telephony.lines import add_did, add_sip_line, switch_off
from portal.telephony.models import MAIN_SWITCH, Did, SipLine
from portal.telephony.queries import find_did, find_sip_line
from portal.telephony.sandbox_lines import SandboxDirectory
from portal.telephony.services import originate
from tests.browser import Browser
from tests.people import Cast

Lines = SandboxDirectory | LinesOfSwitch


@pytest.fixture
def line(app: Flask, cast: Cast) -> int:
    """A SIP account of North's."""
    with app.app_context(), transaction(cast.north):
        return add_sip_line("00000000672", "Reception").id


def test_a_phone_and_a_number_are_added(app: Flask, cast: Cast, olga: Browser) -> None:
    where = f"/admin/accounts/{cast.north}/lines"

    sip = olga.submit(f"{where}/sip/new", {"name": "SIP/00000000673", "label": "Olga", "switch": "main"})
    did = olga.submit(f"{where}/number/new", {"name": "+7 495 123-45-67", "label": "", "switch": "main"})

    assert (sip.status_code, did.status_code) == (303, 303)
    with app.app_context(), transaction(cast.north, writes=False):
        assert find_sip_line("SIP/00000000673") is not None
        assert find_did("74951234567") is not None
    page = olga.get(f"/admin/accounts/{cast.north}").get_data(as_text=True)
    assert "SIP/00000000673" in page


@pytest.mark.parametrize(
    ("kind", "form", "status"),
    [
        ("sip", {"name": "Иван", "switch": "main"}, 422),
        ("sip", {"name": "00000000672", "switch": "main"}, 409),
        ("sip", {"name": "00000000674", "switch": "no switch"}, 422),
        ("number", {"name": "hello", "switch": "main"}, 422),
    ],
)
def test_what_cannot_be_added_is_told(
    cast: Cast, olga: Browser, line: int, kind: str, form: dict[str, str], status: int
) -> None:
    answer = olga.submit(f"/admin/accounts/{cast.north}/lines/{kind}/new", form)

    assert answer.status_code == status
    assert form["name"] in answer.get_data(as_text=True)


def test_one_is_renamed_and_moved(app: Flask, cast: Cast, olga: Browser, line: int) -> None:
    olga.submit(f"/admin/accounts/{cast.north}/lines/sip/{line}", {"label": "Door", "switch": "second"})

    with app.app_context(), transaction(cast.north, writes=False) as session:
        found = session.get_one(SipLine, line)
        assert (found.label, found.switch) == ("Door", "second")


def test_another_accounts_line_is_not_there(cast: Cast, olga: Browser, line: int) -> None:
    assert olga.get(f"/admin/accounts/{cast.south}/lines/sip/{line}").status_code == 404
    assert olga.submit(f"/admin/accounts/{cast.south}/lines/sip/{line}/off").status_code == 404
    assert olga.get(f"/admin/accounts/{cast.north}/lines/fax/{line}").status_code == 404


def test_a_phone_that_is_switched_off_places_no_calls_until_it_is_on_again(
    app: Flask, cast: Cast, olga: Browser, line: int
) -> None:
    where = f"/admin/accounts/{cast.north}/lines/sip/{line}"

    olga.submit(f"{where}/off")

    with app.app_context(), pytest.raises(Forbidden):
        originate(cast.north, "SIP/00000000672", "74951234567")
    olga.submit(f"{where}/on")
    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert not session.get_one(SipLine, line).is_disabled


@pytest.mark.parametrize("make", [SandboxDirectory, LinesOfSwitch])
def test_no_switch_knows_what_is_switched_off(app: Flask, cast: Cast, make: Callable[[str], Lines]) -> None:
    with app.app_context():
        with transaction(cast.north):
            switch_off(add_sip_line("00000000672"))
            switch_off(add_did("74951234567"))
            add_sip_line("00000000673")
            add_did("74951234568")
        lines = make(MAIN_SWITCH)
        lines.load()

        assert lines.dids(cast.north) == ("74951234568",)
        phones = lines.phones(cast.north) if isinstance(lines, SandboxDirectory) else lines.addresses(cast.north)
        assert list(phones) == ["SIP/00000000673"]
        with transaction(cast.north, writes=False) as session:
            assert session.query(Did).count() == 2, "it is still the account's"
