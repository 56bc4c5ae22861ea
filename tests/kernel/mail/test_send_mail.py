"""Mail goes out after the commit, once, and is tried again until a server has taken it."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.mail.carrier import PAUSES, MailCarrier
from portal.kernel.mail.models import OutgoingMail
from portal.kernel.mail.outbox import is_mail_set, send_mail
from tests.support.postbox import Postbox


def _write(app: Flask, recipient: str = "anna@north.example", subject: str = "Вебхук не отвечает") -> None:
    with app.app_context(), transaction():
        assert send_mail(recipient, subject, "Сервер отвечает 500.\n.\nПодробности в кабинете.\n")


def _outbox(app: Flask) -> list[OutgoingMail]:
    with app.app_context(), transaction(writes=False):
        return list(db.session.scalars(select(OutgoingMail).where(OutgoingMail.given_up_at.is_(None))))


def _given_up(app: Flask) -> list[OutgoingMail]:
    with app.app_context(), transaction(writes=False):
        return list(db.session.scalars(select(OutgoingMail).where(OutgoingMail.given_up_at.is_not(None))))


def _time_passes(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(OutgoingMail).values(due_at=now() - timedelta(seconds=1)))


def test_what_was_written_arrives_word_for_word_and_is_kept_no_longer(mailing: Flask, postbox: Postbox) -> None:
    _write(mailing)

    assert MailCarrier(mailing).round() == 1

    (letter,) = postbox.letters
    assert (letter.sender, letter.recipient) == ("cabinet@portal.example", "anna@north.example")
    assert letter.subject == "Вебхук не отвечает"
    assert letter.text == "Сервер отвечает 500.\n.\nПодробности в кабинете.\n"
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.message["Message-ID"].endswith("@portal.example>")
    assert not _outbox(mailing)


def test_a_running_carrier_is_woken_by_the_commit(mailing: Flask, postbox: Postbox) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=MailCarrier(mailing).run, args=(stop,))
    thread.start()
    try:
        _write(mailing)
        assert postbox.wait_for(1)[0].recipient == "anna@north.example"
    finally:
        stop.set()
        thread.join()


def test_what_was_undone_sends_nothing(mailing: Flask, postbox: Postbox) -> None:
    with pytest.raises(RuntimeError), mailing.app_context(), transaction():
        send_mail("anna@north.example", "Never", "Never")
        raise RuntimeError

    assert MailCarrier(mailing).round() == 0
    assert not postbox.letters


def test_a_server_that_is_busy_is_asked_again_under_the_same_message_id(mailing: Flask, postbox: Postbox) -> None:
    _write(mailing)
    postbox.refuse = {"DATA": "451 come back later"}

    assert MailCarrier(mailing).round() == 0
    (kept,) = _outbox(mailing)
    assert (kept.tries, kept.last_failure) == (1, "451 come back later")
    assert kept.due_at > now()

    postbox.refuse = {}
    _time_passes(mailing)
    assert MailCarrier(mailing).round() == 1
    assert kept.message_id in postbox.letters[0].message["Message-ID"]


def test_a_recipient_whom_nobody_knows_is_given_up_at_once(mailing: Flask, postbox: Postbox) -> None:
    _write(mailing)
    postbox.refuse = {"RCPT": "550 no such mailbox"}

    MailCarrier(mailing).round()

    assert not _outbox(mailing)
    (kept,) = _given_up(mailing)
    assert (kept.text, kept.recipient) == ("", "anna@north.example"), "a link may have stood in the text"
    postbox.refuse = {}
    _time_passes(mailing)
    assert MailCarrier(mailing).round() == 0


def test_a_server_that_stays_away_is_given_up_after_days(mailing: Flask, postbox: Postbox) -> None:
    _write(mailing)
    postbox.refuse = {"MAIL": "421 not today"}

    for _try in PAUSES:
        MailCarrier(mailing).round()
        assert _outbox(mailing)
        _time_passes(mailing)
    MailCarrier(mailing).round()

    assert not _outbox(mailing)
    assert sum(PAUSES, timedelta()) > timedelta(days=1)


def test_two_carriers_send_a_message_once(mailing: Flask, postbox: Postbox) -> None:
    for number in range(30):
        _write(mailing, f"person-{number}@north.example")
    carriers = [threading.Thread(target=MailCarrier(mailing).round) for _ in range(2)]
    for each in carriers:
        each.start()
    for each in carriers:
        each.join()

    assert sorted(letter.recipient for letter in postbox.letters) == sorted(
        f"person-{number}@north.example" for number in range(30)
    )


def test_a_line_end_in_a_subject_begins_no_header(mailing: Flask, postbox: Postbox) -> None:
    _write(mailing, subject="Hello\r\nBcc: everybody@north.example")

    MailCarrier(mailing).round()

    assert postbox.letters[0].message["Bcc"] is None
    assert postbox.letters[0].subject == "Hello Bcc: everybody@north.example"


@pytest.mark.parametrize("address", ["", "anna", "anna@north.example\r\nRCPT TO:<eve@south.example>"])
def test_what_is_no_address_is_given_up_and_harms_nothing(mailing: Flask, postbox: Postbox, address: str) -> None:
    _write(mailing, address)

    MailCarrier(mailing).round()

    assert not postbox.letters
    assert not _outbox(mailing)


def test_without_a_mail_server_nothing_is_kept_and_pages_can_tell(app: Flask) -> None:
    with app.app_context(), transaction():
        assert not is_mail_set()
        assert not send_mail("anna@north.example", "Hello", "Nobody carries it.")

    assert not _outbox(app)
    MailCarrier(app).run(threading.Event())  # returns at once
