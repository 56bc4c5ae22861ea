"""Addresses that no row can have are not found, whatever stands in them."""

import pytest

from tests.browser import Browser


@pytest.mark.parametrize("number", ["0", "-1", str((1 << 63) - 1), str(1 << 63), "9" * 40, "1.5", "٣"])
@pytest.mark.parametrize("place", ["/contacts/", "/webhooks/"])
def test_a_number_that_is_nobodys_is_not_found(anna: Browser, place: str, number: str) -> None:
    assert anna.get(f"{place}{number}").status_code == 404
