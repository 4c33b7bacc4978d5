"""E-mail: through SMTP, or as readable files in a folder where no server is configured."""

import hashlib
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from transactional import claims, gaps
from transactional.database import Database, Row, Transaction
from transactional.errors import MarketError, UnavailableError
from transactional.messages import notifications
from transactional.settings import Settings

SECONDS_FOR_SMTP = 10.0
PORTS = {"smtp": 587, "smtps": 465}

Verdict = Callable[[Transaction, Row, str, datetime], None]


class LetterRefusedError(MarketError):
    """The mail server refuses this letter for good; look at its address."""

    code = "letter_refused"


class LetterDelayedError(UnavailableError):
    """The mail server does not take this letter now; others it may take."""

    code = "letter_delayed"


class MailUnavailableError(UnavailableError):
    """The mail server does not answer, or not now."""

    code = "mail_unavailable"


class Post(Protocol):
    """Where letters go."""

    def open(self) -> "AbstractContextManager[Counter]": ...


class Counter(Protocol):
    """An open post: takes letters.

    Raises LetterRefusedError, LetterDelayedError, MailUnavailableError.
    """

    def take(self, letter: EmailMessage) -> None: ...


class Folder:
    """Readable .eml files; a letter sent twice is one file, named by its Message-ID."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def open(self) -> "Iterator[Folder]":
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            yield self
        except OSError as error:
            raise MailUnavailableError(f"{self._folder}: {error}") from error

    def take(self, letter: EmailMessage) -> None:
        name = str(letter["Message-ID"]).strip("<>").partition("@")[0]
        unfinished = self._folder / f".{name}.part"
        unfinished.write_bytes(letter.as_bytes())
        unfinished.replace(self._folder / f"{name}.eml")


class Server:
    """An SMTP server by its address: smtp://user:password@host:587, or smtps:// for TLS at once.

    Over smtp:// the connection becomes encrypted where the server offers it, and must before a
    password is told.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._is_encrypted = parts.scheme == "smtps"
        self._host, self._port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    @contextmanager
    def open(self) -> "Iterator[Server]":
        try:
            with self._connect() as self._connection:
                self._greet()
                yield self
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailableError(f"{self._host}: {error}") from error

    def take(self, letter: EmailMessage) -> None:
        try:
            self._connection.send_message(letter)
        except smtplib.SMTPNotSupportedError as error:  # an address that this server cannot write
            raise LetterRefusedError(str(error)) from error
        except smtplib.SMTPRecipientsRefused as error:
            ((code, reason),) = error.recipients.values()
            raise _refusal(code, reason) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error

    def _connect(self) -> smtplib.SMTP:
        if self._is_encrypted:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                self._host, self._port, timeout=SECONDS_FOR_SMTP, context=context
            )
        return smtplib.SMTP(self._host, self._port, timeout=SECONDS_FOR_SMTP)

    def _greet(self) -> None:
        self._connection.ehlo()
        if not self._is_encrypted and (self._connection.has_extn("starttls") or self._user):
            self._connection.starttls(context=ssl.create_default_context())
        if self._user:
            self._connection.login(self._user, self._password)


def post_of(chosen: Settings) -> Post | None:
    """None where neither SMTP_URL nor MAIL_FOLDER is set: messages then stay due."""
    if chosen.smtp_url:
        return Server(chosen.smtp_url)
    return Folder(chosen.mail_folder) if chosen.mail_folder else None


def send(database: Database, post: Post, sender: str, now: datetime) -> int:
    """Send the letters that are due; returns how many were tried."""
    with database.transaction() as connection:
        claimed = notifications.claim(connection, "email", now)
    if claimed:
        try:
            with post.open() as counter:
                claims.each(
                    "notification",
                    claimed,
                    lambda one: _send_one(database, counter, sender, one, now),
                )
        except MailUnavailableError as error:
            _postpone_all(database, claimed, str(error), now)
    return len(claimed)


def letter_of(notification: Row, sender: str) -> EmailMessage:
    """The same letter for the same notification, so that a repeated one is recognised."""
    letter = EmailMessage()
    letter["From"] = _address(sender)
    letter["To"] = _address(notification["recipient"])
    letter["Subject"] = notification["subject"]
    letter["Date"] = notification["created_at"]
    letter["Message-ID"] = f"<{_message_name(notification)}@{_address(sender).domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(notification["body"])
    return letter


def _send_one(
    database: Database, counter: Counter, sender: str, claimed: Row, now: datetime
) -> None:
    try:
        letter = letter_of(claimed, sender)
    except (ValueError, MessageError) as error:  # an address that no letter can have
        _unsent(database, notifications.give_up, claimed, f"no letter can be made: {error}", now)
        return
    try:
        counter.take(letter)
    except LetterRefusedError as error:
        _unsent(database, notifications.give_up, claimed, str(error), now)
    except LetterDelayedError as error:
        _unsent(database, notifications.postpone, claimed, str(error), now)
    else:
        gaps.reach("mail_sent_not_marked")
        with database.transaction() as connection:
            notifications.mark_sent(connection, claimed, now)


def _unsent(database: Database, verdict: Verdict, claimed: Row, reason: str, now: datetime) -> None:
    with database.transaction() as connection:
        verdict(connection, claimed, reason, now)


def _postpone_all(database: Database, claimed: list[Row], reason: str, now: datetime) -> None:
    """What was sent before the server went away is marked already, and stays so."""
    with database.transaction() as connection:
        for one in claimed:
            notifications.postpone(connection, one, reason, now)


def _message_name(notification: Row) -> str:
    told = f"{notification['topic']}\0{notification['kind']}\0{notification['recipient']}"
    return f"{notification['kind']}.{hashlib.sha256(told.encode()).hexdigest()[:24]}"


def _address(text: str) -> Address:
    return Address(addr_spec=text)


def _refusal(code: int, reason: bytes | str) -> MarketError:
    said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    kind = LetterRefusedError if 500 <= code < 600 else LetterDelayedError
    return kind(f"{code} {said}")
