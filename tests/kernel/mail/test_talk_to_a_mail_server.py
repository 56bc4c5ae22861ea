"""Signing in to a mail server: by an encrypted line only, and never with a word of it in an error."""

import ssl

import pytest
import trustme

from portal.kernel.mail.postman import Letter, NotTaken, SmtpPostman
from portal.kernel.mail.server import MailServer, mail_server
from tests.support.postbox import Postbox

LETTER = Letter("abc", "anna@north.example", "Hello", "A word.\n")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def _postman(postbox: Postbox, ca_file: str | None = None) -> SmtpPostman:
    server = MailServer("127.0.0.1", postbox.port, has_tls=False, user="cabinet", password="s3cret")
    return SmtpPostman(server, "cabinet@portal.example", ca_file=ca_file)


def test_the_line_is_encrypted_where_the_server_offers_it_before_the_password_goes(authority: trustme.CA) -> None:
    with authority.cert_pem.tempfile() as ca_file, Postbox(_context(authority), "s3cret") as postbox:
        _postman(postbox, ca_file).deliver(LETTER)

        (letter,) = postbox.letters
    assert (letter.user, letter.is_encrypted) == ("cabinet", True)


def test_a_server_that_cannot_prove_its_name_gets_nothing(authority: trustme.CA) -> None:
    with Postbox(_context(authority), "s3cret") as postbox, pytest.raises(NotTaken):
        _postman(postbox).deliver(LETTER)

    assert not postbox.letters


def test_a_wrong_password_is_told_without_the_password() -> None:
    with Postbox(password="another") as postbox, pytest.raises(NotTaken) as refused:
        _postman(postbox).deliver(LETTER)

    assert "535" in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert not refused.value.is_final


def test_a_server_that_is_not_there_is_no_final_refusal() -> None:
    with Postbox() as postbox:
        postman = _postman(postbox)

    with pytest.raises(NotTaken) as refused:
        postman.deliver(LETTER)
    assert not refused.value.is_final


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("", None),
        ("smtp://mail.example", MailServer("mail.example", 587, has_tls=False)),
        ("smtps://mail.example", MailServer("mail.example", 465, has_tls=True)),
        (
            "smtp://us%40er:p%3Aw@mail.example:2525/",
            MailServer("mail.example", 2525, has_tls=False, user="us@er", password="p:w"),
        ),
    ],
)
def test_a_server_is_named_by_a_url(text: str, server: MailServer | None) -> None:
    assert mail_server(text) == server


@pytest.mark.parametrize("text", ["mail.example", "http://mail.example", "smtp://user@mail.example", "smtp://h:port"])
def test_what_names_no_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        mail_server(text)


def test_the_password_is_not_shown_with_the_settings() -> None:
    assert "hidden" not in repr(mail_server("smtp://user:hidden@mail.example"))
