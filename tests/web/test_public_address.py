"""Addresses that outsiders type follow PORTAL_PUBLIC_URL, else the request."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.web.addresses import public_root, public_url


@pytest.mark.parametrize(
    ("setting", "root"),
    [("", "https://asked.example"), ("https://cabinet.example.ru/tel/", "https://cabinet.example.ru/tel")],
)
def test_it_is_the_setting_or_what_was_asked(
    make_app: Callable[..., Flask], database_url: str, setting: str, root: str
) -> None:
    app = make_app(database_url, PORTAL_PUBLIC_URL=setting)

    with app.test_request_context(base_url="https://asked.example"):
        assert public_root() == root
        assert public_url("public_api.get_calls", limit=10) == f"{root}/api.php/telephony/get_calls?limit=10"
