from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.http import Door, UrlReason, UrlRefused
from tests.kernel.http.corpus import INNER_ADDRESSES, ODD_INNER_HOSTS, PUBLIC_ADDRESSES

PUBLIC = Door()


def reason(url: str, door: Door = PUBLIC) -> UrlReason | None:
    try:
        door.check_url(url)
    except UrlRefused as refused:
        return refused.reason
    return None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", UrlReason.SCHEME),
        ("crm.example/hook", UrlReason.SCHEME),
        ("//crm.example/hook", UrlReason.SCHEME),
        ("http:/crm.example", UrlReason.SCHEME),
        ("http:crm.example", UrlReason.SCHEME),
        ("http:\\\\crm.example", UrlReason.SCHEME),
        ("ftp://crm.example/", UrlReason.SCHEME),
        ("file:///etc/passwd", UrlReason.SCHEME),
        ("gopher://crm.example/_x", UrlReason.SCHEME),
        ("javascript://crm.example/%0aalert(1)", UrlReason.SCHEME),
        ("httpx://crm.example/", UrlReason.SCHEME),
        ("http://", UrlReason.NO_HOST),
        ("http:///path", UrlReason.NO_HOST),
        ("http://?a=1", UrlReason.NO_HOST),
        ("http://:80/", UrlReason.NO_HOST),
        ("http://./", UrlReason.NO_HOST),
        ("http://[]/", UrlReason.NO_HOST),
        ("http://anna@crm.example/", UrlReason.CREDENTIALS),
        ("http://anna:secret@crm.example/", UrlReason.CREDENTIALS),
        ("http://crm.example\\@127.0.0.1/", UrlReason.CREDENTIALS),
        ("http://crm.example:80@127.0.0.1/", UrlReason.CREDENTIALS),
        ("http://@crm.example/", UrlReason.CREDENTIALS),
        ("http://crm.example/#part", UrlReason.FRAGMENT),
        ("http://crm.example#@127.0.0.1/", UrlReason.FRAGMENT),
        ("http://crm.example/?a=1#", UrlReason.FRAGMENT),
        ("http://crm.example:/", UrlReason.PORT),
        ("http://crm.example:0/", UrlReason.PORT),
        ("http://crm.example:22/", UrlReason.PORT),
        ("http://crm.example:25/", UrlReason.PORT),
        ("http://crm.example:1023/", UrlReason.PORT),
        ("http://crm.example:65536/", UrlReason.PORT),
        ("http://crm.example:080000/", UrlReason.PORT),
        ("http://crm.example:-80/", UrlReason.PORT),
        ("http://crm.example:+80/", UrlReason.PORT),
        ("http://crm.example:８０/", UrlReason.PORT),
        ("http://crm.example:80:80/", UrlReason.PORT),
        ("http://crm.example:80\\", UrlReason.PORT),
        (" http://crm.example/", UrlReason.CHARACTERS),
        ("http://crm.example/ ", UrlReason.CHARACTERS),
        ("http://crm.example/a b", UrlReason.CHARACTERS),
        ("http://crm.example/\r\nX: 1", UrlReason.CHARACTERS),
        ("http://crm.exam\tple/", UrlReason.CHARACTERS),
        ("http://crm.example/\x00", UrlReason.CHARACTERS),
        ("http://crm.example/\x7f", UrlReason.CHARACTERS),
        ("http://crm.example/\xa0", UrlReason.CHARACTERS),
        ("http://crm.example/\u2028", UrlReason.CHARACTERS),
        ("http://crm.example/\u202e", UrlReason.CHARACTERS),
        ("http://crm.example/\u200b", UrlReason.CHARACTERS),
        ("http://crm.example/\ud800", UrlReason.CHARACTERS),
        ("http://crm.example/" + "a" * 2048, UrlReason.TOO_LONG),
        ("http://crm..example/", UrlReason.HOST),
        ("http://.crm.example/", UrlReason.HOST),
        ("http://crm.example../", UrlReason.HOST),
        ("http://-crm.example/", UrlReason.HOST),
        ("http://crm-.example/", UrlReason.HOST),
        ("http://crm%2eexample/", UrlReason.HOST),
        ("http://%31%32%37.0.0.1/", UrlReason.HOST),
        ("http://crm.example\\.evil.example/", UrlReason.HOST),
        ("http://crm,example/", UrlReason.HOST),
        ("http://{host}/", UrlReason.HOST),
        ("http://*.example/", UrlReason.HOST),
        ("http://" + "a" * 64 + ".example/", UrlReason.HOST),
        ("http://" + "a." * 130 + "example/", UrlReason.HOST),
        ("http://xn--\u0430.example/", UrlReason.HOST),
        ("http://\u0660.example\u0301\u0301.\u0378/", UrlReason.HOST),
        ("http://1.2.3.4.5/", UrlReason.HOST),
        ("http://256.1.1.1/", UrlReason.HOST),
        ("http://1.2.3.0x/", UrlReason.HOST),
        ("http://4294967296/", UrlReason.HOST),
        ("http://0x1ffffffff/", UrlReason.HOST),
        ("http://09.1.1.1/", UrlReason.HOST),
        ("http://[1.2.3.4]/", UrlReason.HOST),
        ("http://[::g]/", UrlReason.HOST),
        ("http://[::1/", UrlReason.HOST),
        ("http://::1/", UrlReason.NO_HOST),
        ("http://2606:4700::1111/", UrlReason.PORT),
        ("http://8.8.2056/", UrlReason.SPELLING),
        ("http://134744072/", UrlReason.SPELLING),
        ("http://010.8.8.8/", UrlReason.SPELLING),
        ("http://8.8.8.8./", UrlReason.SPELLING),
        ("http://８.8.8.8/", UrlReason.SPELLING),
    ],
)
def test_a_url_is_refused_with_its_reason(url: str, expected: UrlReason) -> None:
    assert reason(url) == expected


@pytest.mark.parametrize("host", ODD_INNER_HOSTS)
def test_an_inner_host_is_refused_however_it_is_spelled(host: str) -> None:
    assert reason(f"http://{host}/") in {UrlReason.ADDRESS, UrlReason.HOST}


@pytest.mark.parametrize("address", INNER_ADDRESSES)
def test_an_inner_address_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert reason(f"https://{host}:8443/") is UrlReason.ADDRESS


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_is_taken(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert PUBLIC.check_url(f"https://{host}/").host == address


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "target"),
    [
        ("http://crm.example", "http", "crm.example", 80, "/"),
        ("HTTPS://CRM.Example/Hook?A=b", "https", "crm.example", 443, "/Hook?A=b"),
        ("https://crm.example.:8443?x", "https", "crm.example", 8443, "/?x"),
        ("http://crm.example:443/", "http", "crm.example", 443, "/"),
        ("http://crm.example:65535/", "http", "crm.example", 65535, "/"),
        ("http://crm_web-1/", "http", "crm_web-1", 80, "/"),
        ("http://1c.example/", "http", "1c.example", 80, "/"),
        ("http://0x7f.example/", "http", "0x7f.example", 80, "/"),
        ("http://црм.рф/", "http", "xn--l1ahr.xn--p1ai", 80, "/"),
        ("http://ЦРМ.РФ/", "http", "xn--l1ahr.xn--p1ai", 80, "/"),
        ("http://bücher.example/", "http", "xn--bcher-kva.example", 80, "/"),
        ("http://xn--l1ahr.xn--p1ai/", "http", "xn--l1ahr.xn--p1ai", 80, "/"),
        ("http://crm.example/a@b:c?d@e=http://127.0.0.1/", "http", "crm.example", 80, "/a@b:c?d@e=http://127.0.0.1/"),
    ],
)
def test_a_good_url_is_taken_apart(url: str, scheme: str, host: str, port: int, target: str) -> None:
    checked = PUBLIC.check_url(url)
    assert (checked.scheme, checked.host, checked.port, checked.target) == (scheme, host, port, target)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=200))
def test_what_follows_the_host_is_never_touched(tail: str) -> None:
    assert PUBLIC.check_url(f"http://crm.example/{tail}").target == f"/{tail}"


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused_and_what_is_taken_is_taken_again(text: str) -> None:
    for url in (text, f"http://{text}", f"http://{text}/x", f"http://crm.example{text}"):
        try:
            checked = PUBLIC.check_url(url)
        except UrlRefused:
            continue
        assert PUBLIC.check_url(checked.url) == checked


def test_https_can_be_made_the_rule() -> None:
    assert reason("http://crm.example/", Door(is_https_only=True)) is UrlReason.SCHEME
    assert reason("https://crm.example/", Door(is_https_only=True)) is None


def test_an_allowed_network_may_be_named_plainly_and_in_no_other_way() -> None:
    door = Door(allow=[ip_network("127.0.0.0/8")])
    assert reason("http://127.0.0.1:8000/", door) is None
    assert reason("http://localhost:8000/", door) is None
    assert reason("http://127.1:8000/", door) is UrlReason.SPELLING
    assert reason("http://0x7f000001/", door) is UrlReason.SPELLING
    assert reason("http://[::ffff:127.0.0.1]/", door) is UrlReason.ADDRESS
    assert reason("http://127.0.0.1:22/", door) is UrlReason.PORT


def test_a_refusal_does_not_repeat_the_url() -> None:
    with pytest.raises(UrlRefused) as refused:
        PUBLIC.check_url("http://anna:SECRET@crm.example/?key=SECRET")
    assert "SECRET" not in str(refused.value)
