"""Money, phone numbers, time, cursors, secrets and blobs keep what they promise."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from portal.kernel import clock, phone
from portal.kernel.clock import UtcDateTime
from portal.kernel.errors import Refused
from portal.kernel.logs import hide
from portal.kernel.money import MoneyColumn, parse_amount
from portal.kernel.paging import Cursor
from portal.kernel.secrets import Vault
from portal.kernel.storage import FolderStore


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("+7 (495) 123-45-67", "74951234567"),
        ("8 495 123 45 67", "74951234567"),
        ("84951234567", "74951234567"),
        ("74951234567", "74951234567"),
        ("+44 20 7946 0000", "442079460000"),
        ("442079460000", "442079460000"),
        (" 8(903)999-88-77 ", "79039998877"),
        ("9039998877", "79039998877"),
        ("4232223344", "74232223344"),
        ("84991234567", "74991234567"),
        ("4533121212", "4533121212"),
        ("81312345678", "81312345678"),
        ("8613800138000", "8613800138000"),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, stored: str) -> None:
    assert phone.normalise(written) == stored


@pytest.mark.parametrize("stored", ["74951234567", "4722345678", "84951234567", "8613800138000", "4232223344"])
def test_what_is_held_is_read_back_with_its_plus(stored: str) -> None:
    assert phone.normalise(phone.with_plus(stored)) == stored
    assert phone.with_plus("SIP/00000000672") == "SIP/00000000672"


@pytest.mark.parametrize("written", ["", "abc", "12", "+7 495", "<b>", "+7495123456712345678", "8 495 x"])
def test_what_is_no_number_is_refused_in_words(app: Flask, written: str) -> None:
    with app.test_request_context(), pytest.raises(Refused) as told:
        phone.normalise(written)

    assert told.value.message


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("74951234567", "+7 495 123-45-67"), ("SIP/00000000672", "SIP/00000000672"), ("672", "672"), ("", "")],
)
def test_a_number_is_shown_well(stored: str, shown: str) -> None:
    assert phone.display(stored) == shown


@given(st.text(max_size=40))
def test_showing_and_masking_take_anything(text: str) -> None:
    assert isinstance(phone.display(text), str)
    assert isinstance(phone.mask(text), str)


@given(st.integers(-(10**15), 10**15))
def test_money_comes_back_exactly(scaled: int) -> None:
    column, amount = MoneyColumn(), Decimal(scaled) / 10_000

    for dialect in (sqlite.dialect(), postgresql.dialect()):  # type: ignore[no-untyped-call]
        assert column.process_result_value(column.process_bind_param(amount, dialect), dialect) == amount


@pytest.mark.parametrize("wrong", [1.5, 3, "1"])
def test_money_is_never_anything_but_a_decimal(wrong: object) -> None:
    with pytest.raises(TypeError):
        MoneyColumn().process_bind_param(wrong, sqlite.dialect())  # type: ignore[arg-type]


@pytest.mark.parametrize(("written", "amount"), [("1 733,98", "1733.98"), ("1500", "1500"), ("0.5", "0.5")])
def test_an_amount_is_read_as_people_write_it(written: str, amount: str) -> None:
    assert parse_amount(written) == Decimal(amount)


@pytest.mark.parametrize("written", ["", "a", "1.999", "NaN", "inf", "1e99", "--1"])
def test_what_is_no_amount_is_refused(app: Flask, written: str) -> None:
    with app.test_request_context(), pytest.raises(Refused):
        parse_amount(written)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    column, dialect = UtcDateTime(), sqlite.dialect()

    assert column.process_result_value(column.process_bind_param(moment, dialect), dialect) == moment


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001


def test_a_day_begins_when_the_wall_clock_says_so() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    noon = datetime(2026, 10, 25, 12, tzinfo=berlin)

    begins = clock.start_of_day(noon, berlin)

    assert noon - begins == timedelta(hours=13)


@given(st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 2**62)), st.booleans())
def test_a_cursor_comes_back(key: tuple[int, int], backwards: bool) -> None:
    cursor = Cursor(key, backwards)

    assert Cursor.decode(cursor.encode(), 2) == cursor


@given(st.text(max_size=60))
def test_a_foreign_cursor_is_no_cursor(text: str) -> None:
    found = Cursor.decode(text, 2)

    assert found is None or found.encode()


def test_a_vault_opens_what_it_sealed_also_after_its_key_was_replaced() -> None:
    old, new = Vault("old secret" * 4), Vault("new secret" * 4, "old secret" * 4)
    sealed = old.seal("the key")

    assert "the key" not in sealed
    assert new.open(sealed) == "the key"
    with pytest.raises(ValueError, match="another installation"):
        Vault("third secret" * 4).open(sealed)
    assert old.lookup_hash("a") != new.lookup_hash("a")


@pytest.mark.parametrize(
    "line",
    [
        "/api.php/telephony/get_calls?abonent_api_key=CANARY&num_a=1",
        "Authorization: Bearer CANARY",
        "https://host/x?token=CANARY",
    ],
)
def test_a_log_line_holds_no_key(line: str) -> None:
    assert "CANARY" not in hide(line)


def test_a_blob_is_stored_whole_and_found_by_our_key_only(tmp_path: Path) -> None:
    store, source = FolderStore(tmp_path / "blobs"), tmp_path / "a.wav"
    source.write_bytes(b"sound")

    assert store.put("records/7/ab.wav", source) == 5
    assert not source.exists()
    assert b"".join(store.chunks("records/7/ab.wav")) == b"sound"
    store.delete("records/7/ab.wav")
    store.delete("records/7/ab.wav")
    assert store.size("records/7/ab.wav") is None
    for key in ("../x/y", "/etc/passwd", "records/../../x", "a\0/b", "records//x", "", "records/.hidden"):
        with pytest.raises(ValueError, match="not a storage key"):
            store.size(key)
