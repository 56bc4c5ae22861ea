"""INN, KPP, OGRN and accounts are taken as people write them, and a wrong digit is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.invoicing.parties import requisites
from portal.kernel.errors import Refused

Check = Callable[[str], str]
BIK = "044525225"
# Published by their owners: the tax service's, a bank's and the railways' own numbers.
RIGHT: list[tuple[Check, str, str]] = [
    (lambda text: requisites.inn(text, is_company=True), "7707083893", "7707083893"),
    (lambda text: requisites.inn(text, is_company=True), " 77 0708-3893 ", "7707083893"),
    (lambda text: requisites.inn(text, is_company=False), "500100732259", "500100732259"),
    (requisites.kpp, "7736 50001", "773650001"),
    (requisites.kpp, "7707ab001", "7707AB001"),
    (lambda text: requisites.ogrn(text, is_company=True), "1027700132195", "1027700132195"),
    (lambda text: requisites.ogrn(text, is_company=False), "304500116000157", "304500116000157"),
    (requisites.bik, BIK, BIK),
    (lambda text: requisites.correspondent_account(text, BIK), "3010 1810 4000 0000 0225", "30101810400000000225"),
    (lambda text: requisites.bank_account(text, BIK), "40702810238000000028", "40702810238000000028"),
]


@pytest.mark.parametrize(("check", "written", "kept"), RIGHT)
def test_a_right_number_is_kept_as_its_digits(migrated_app: Flask, check: Check, written: str, kept: str) -> None:
    with migrated_app.test_request_context():
        assert check(written) == kept


@pytest.mark.parametrize(("check", "written", "kept"), [case for case in RIGHT if case[0] is not requisites.kpp])
def test_no_number_survives_a_wrong_or_a_missing_digit(
    migrated_app: Flask, check: Check, written: str, kept: str
) -> None:
    with migrated_app.test_request_context():
        for wrong in (kept[:-1], kept + "0", kept[:-1] + "x", "", "٧" * len(kept)):
            with pytest.raises(Refused):
                check(wrong)


KEYED = [case for case in RIGHT if case[0] not in (requisites.kpp, requisites.bik)]


@given(st.sampled_from(KEYED), st.data())
def test_a_mistyped_digit_is_found(migrated_app: Flask, case: tuple[Check, str, str], data: st.DataObject) -> None:
    check, _written, kept = case
    place = data.draw(st.integers(0, len(kept) - 1))
    digit = data.draw(st.sampled_from([each for each in "0123456789" if each != kept[place]]))
    wrong = kept[:place] + digit + kept[place + 1 :]

    with migrated_app.test_request_context():
        found = _accepts(check, wrong)
    # A check digit is a remainder of 11 (13) of which 10 counts as 0: few single slips get through, none at the end.
    assert not found or (place != len(kept) - 1 and _is_inn_or_ogrn(kept))


def _accepts(check: Check, text: str) -> bool:
    try:
        check(text)
    except Refused:
        return False
    return True


def _is_inn_or_ogrn(kept: str) -> bool:
    return len(kept) != 20


@pytest.mark.parametrize("text", ["770701001 1", "770x01001", "77a701001", ""])
def test_a_kpp_has_its_form(migrated_app: Flask, text: str) -> None:
    with migrated_app.test_request_context(), pytest.raises(Refused):
        requisites.kpp(text)


def test_an_account_of_another_bank_is_found(migrated_app: Flask) -> None:
    with migrated_app.test_request_context(), pytest.raises(Refused):
        requisites.bank_account("40702810238000000028", "044525974")
