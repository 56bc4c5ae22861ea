"""Who carries a message to a mail server: by SMTP, behind a protocol that a test or another transport can be, too."""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

import certifi

from portal.kernel.clock import now
from portal.kernel.mail.server import MailServer

_SECONDS = 20.0
"""Of silence in any step of the talk with the server."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to be carried."""

    message_id: str
    recipient: str
    subject: str
    text: str
    attachments: tuple[tuple[bytes, str, str], ...] = ()
    """Content, file name and media type of each."""


class NotTaken(Exception):
    """The server did not take the message. `is_final`: nor will it later (SMTP's 5xx answer to this recipient)."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class Postman(Protocol):
    """Hands messages over."""

    def deliver(self, letter: Letter) -> None:
        """Returns when a server has taken it. Raises `NotTaken`."""


class SmtpPostman:
    """One connection per message: alerts are few. A password never goes over an open line but on this machine."""

    def __init__(self, server: MailServer, sender: str, *, ca_file: str | None = None) -> None:
        self._server = server
        self._sender = sender
        self._name = sender.rpartition("@")[2]
        """What we call ourselves: to look up the machine's own name could take long and tells it to strangers."""
        self._tls = ssl.create_default_context(cafile=ca_file or certifi.where())

    def deliver(self, letter: Letter) -> None:
        try:
            message = self._message(letter)
        except (ValueError, IndexError, MessageError) as error:  # what Python's parser of addresses raises
            raise NotTaken(f"not an address: {error}", is_final=True) from None
        try:
            with self._connect() as smtp:
                self._introduce(smtp)
                smtp.send_message(message, self._sender, [letter.recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise NotTaken(_words(code, said), is_final=code >= 500) from None
        except smtplib.SMTPResponseException as error:
            raise NotTaken(_words(error.smtp_code, error.smtp_error)) from None
        except (OSError, ValueError) as error:  # smtplib's own errors are an OSError; a name that is none, a ValueError
            raise NotTaken(str(error) or type(error).__name__) from None

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.has_tls:
            return smtplib.SMTP_SSL(server.host, server.port, self._name, timeout=_SECONDS, context=self._tls)
        return smtplib.SMTP(server.host, server.port, self._name, timeout=_SECONDS)

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo()
        is_secret = self._server.has_tls
        if not is_secret and smtp.has_extn("starttls"):
            smtp.starttls(context=self._tls)
            smtp.ehlo()
            is_secret = True
        if self._server.user is None or self._server.password is None:
            return
        if not is_secret and not _is_this_machine(self._server.host):
            raise NotTaken("the server offers no TLS, and a password is not sent over an open line")
        smtp.login(self._server.user, self._server.password)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(addr_spec=self._sender)
        message["To"] = Address(addr_spec=letter.recipient)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(now())
        message["Message-ID"] = f"<{letter.message_id}@{self._name}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
        message.set_content(letter.text, cte="quoted-printable")
        for content, name, media_type in letter.attachments:
            kind, _slash, subtype = media_type.partition("/")
            message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
        return message


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {text}"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
