import pytest
from flask import Flask

from portal.kernel.db import transaction
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.telephony.engines.sandbox.lines import Habit, PhoneSettings
from portal.telephony.lines import account_of_did, add_did, add_sip_line
from portal.telephony.queries import dids, find_sip_line, sip_lines
from portal.telephony.sandbox_lines import SandboxDirectory, set_sandbox_phone
from tests.people import Cast
from tests.telephony.exchange import IGOR, OLGA, behave, wire


@pytest.mark.parametrize("written", ["00000000672", "SIP/00000000672", " SIP/00000000672 "])
def test_a_sip_account_may_be_named_with_or_without_its_prefix(app: Flask, cast: Cast, written: str) -> None:
    with app.app_context(), transaction(cast.north):
        assert add_sip_line(written).name == "SIP/00000000672"


@pytest.mark.parametrize("written", ["", "SIP/", "Ольга", "a b", "x" * 45])
def test_a_name_that_cannot_be_dialled_is_refused(app: Flask, cast: Cast, written: str) -> None:
    with app.app_context(), transaction(cast.north), pytest.raises(Refused) as refusal:
        add_sip_line(written)

    assert refusal.value.field == "name"


def test_a_sip_account_is_there_once(app: Flask, cast: Cast) -> None:
    wire(app, cast.north)

    with app.app_context(), transaction(cast.north), pytest.raises(Conflict):
        add_sip_line(OLGA)


def test_two_companies_may_name_their_sip_accounts_alike(app: Flask, cast: Cast) -> None:
    wire(app, cast.north)
    wire(app, cast.south, did="78612223344")

    with app.app_context(), transaction(cast.south, writes=False):
        assert [line.name for line in sip_lines()] == [OLGA, IGOR]
        assert [did.number for did in dids()] == ["78612223344"]


def test_a_dialled_number_leads_to_its_company(app: Flask, cast: Cast) -> None:
    wire(app, cast.south, did="78612223344")

    with app.app_context():
        assert account_of_did("78612223344") == cast.south
        assert account_of_did("74951234567") is None


def test_a_public_number_belongs_to_one_company_of_all(app: Flask, cast: Cast) -> None:
    wire(app, cast.south, did="78612223344")

    with app.app_context(), transaction(cast.north), pytest.raises(Conflict):
        add_did("8 (861) 222-33-44")


def test_a_public_number_is_a_number(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north), pytest.raises(Refused) as refusal:
        add_did("reception")

    assert refusal.value.field == "number"


def test_the_sandbox_knows_how_each_phone_behaves(app: Flask, cast: Cast) -> None:
    wire(app, cast.north)
    behave(app, cast.north, OLGA, "declines", after=(3, 5))
    directory = SandboxDirectory("main")

    with app.app_context():
        directory.load()

    assert directory.phones(cast.north) == {
        OLGA: PhoneSettings(Habit.DECLINES, answers_after=(3.0, 5.0)),
        IGOR: PhoneSettings(),
    }
    assert directory.phones(cast.south) == {}
    assert directory.dids(cast.north) == ("74951234567",)


@pytest.mark.parametrize(
    ("behaviour", "after", "field"),
    [("sings", (2, 6), "behaviour"), ("answers", (6, 2), "after_seconds"), ("answers", (0, 121), "after_seconds")],
)
def test_a_phone_cannot_behave_otherwise(
    app: Flask, cast: Cast, behaviour: str, after: tuple[int, int], field: str
) -> None:
    wire(app, cast.north)

    with pytest.raises(Refused) as refusal:
        behave(app, cast.north, OLGA, behaviour, after)

    assert refusal.value.field == field


def test_another_companys_phone_looks_like_none(app: Flask, cast: Cast) -> None:
    wire(app, cast.north)
    with app.app_context(), transaction(cast.north, writes=False):
        line = find_sip_line(OLGA)
        assert line is not None

    with app.app_context(), transaction(cast.south), pytest.raises(NotFound):
        set_sandbox_phone(line.id, "offline")
