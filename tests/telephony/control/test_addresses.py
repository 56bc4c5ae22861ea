import pytest

from portal.telephony.addresses import is_outside_number, is_sip_account, sip_address


@pytest.mark.parametrize("address", ["SIP/00000000672", "SIP/anna.north-1_x", "SIP/" + "a" * 44])
def test_an_sip_account_is_known_by_its_prefix(address: str) -> None:
    assert is_sip_account(address)
    assert not is_outside_number(address)
    assert sip_address(address.removeprefix("SIP/")) == address


@pytest.mark.parametrize(
    "text", ["", "SIP/", "sip/672", "SIP/a b", "SIP/../x", "SIP/672\n", "PJSIP/672", "SIP/" + "a" * 45]
)
def test_what_only_looks_like_an_sip_account_is_none(text: str) -> None:
    assert not is_sip_account(text)
    with pytest.raises(ValueError, match="SIP account"):
        sip_address(text.removeprefix("SIP/") or "/")


@pytest.mark.parametrize(
    ("text", "is_number"), [("74951234567", True), ("02", True), ("+7495", False), ("1" * 16, False), ("٠١٢", False)]
)
def test_a_number_is_digits_alone(text: str, is_number: bool) -> None:
    assert is_outside_number(text) is is_number
