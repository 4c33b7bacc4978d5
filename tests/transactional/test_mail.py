import os
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.transactional.market import TestMarket
from tests.transactional.posts import LOOPBACK, PASSWORD, USER, certificate, smtp_server
from transactional.messages import mail, notifications
from transactional.messages.mail import Folder, Post, Server
from transactional.messages.notices import Message

SENDER = "market@rynek.example"


def write(market: TestMarket, *recipients: str) -> None:
    messages = [
        Message("email", recipient, "test", f"thing_{n}", None, None, "Zażółć", "Gęślą jaźń.\n")
        for n, recipient in enumerate(recipients)
    ]
    with market.database.transaction() as connection:
        notifications.add(connection, messages, market.clock())


def send(market: TestMarket, post: Post) -> int:
    return mail.send(market.database, post, SENDER, market.clock())


def states(market: TestMarket) -> list[str]:
    rows = market.rows("select status from notifications order by notification_id")
    return [row["status"] for row in rows]


def read(file: Path) -> EmailMessage:
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


def test_letters_are_readable_files(market: TestMarket, tmp_path: Path) -> None:
    write(market, "ada@home.example")
    assert (send(market, Folder(tmp_path / "mail")), states(market)) == (1, ["sent"])
    (file,) = (tmp_path / "mail").iterdir()
    letter = read(file)
    assert (letter["To"], letter["From"]) == ("ada@home.example", SENDER)
    assert letter["Subject"] == "Zażółć"
    assert letter.get_content() == "Gęślą jaźń.\n"
    assert file.stem in letter["Message-ID"]


def test_a_letter_sent_again_after_a_crash_is_the_same_letter(
    market: TestMarket, tmp_path: Path
) -> None:
    write(market, "ada@home.example")
    with smtp_server() as box:
        for _ in range(2):
            send(market, Server(f"smtp://{LOOPBACK}:{box.port}"))
            market.rows("update notifications set status = 'due', sent_at = null returning 1")
    first, second = box.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


@pytest.mark.slow
def test_a_sender_that_dies_before_the_mark_leaves_the_letter_to_the_next(
    market: TestMarket, tmp_path: Path
) -> None:
    write(market, "ada@home.example")
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from transactional.database import Database; from transactional.messages import mail\n"
        "with Database(sys.argv[1]) as database:\n"
        "    mail.send(database, mail.Folder(Path(sys.argv[2])), 'a@b', datetime.now(UTC))\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", script, market.settings.database_url, str(tmp_path)],
        env=os.environ | {"RYNEK_KILL_AT": "mail_sent_not_marked"},
        timeout=60,
        check=False,
    )
    assert died.returncode == -9
    assert (states(market), len(list(tmp_path.iterdir()))) == (["due"], 1)
    assert send(market, Folder(tmp_path)) == 0
    market.clock.advance(minutes=6)
    assert send(market, Folder(tmp_path)) == 1
    assert (states(market), len(list(tmp_path.iterdir()))) == (["sent"], 1)


def test_a_refused_address_is_given_up_and_a_delayed_one_tried_again(market: TestMarket) -> None:
    write(market, "gone@home.example", "full@home.example", "ada@home.example", "no address")
    with smtp_server() as box:
        box.verdicts = {"gone@home.example": "550 no such", "full@home.example": "452 full"}
        post = Server(f"smtp://{LOOPBACK}:{box.port}")
        assert send(market, post) == 4
        assert states(market) == ["failed", "due", "sent", "failed"]
        assert send(market, post) == 0
        box.verdicts.clear()
        market.clock.advance(minutes=1)
        assert send(market, post) == 1
    assert states(market) == ["failed", "sent", "sent", "failed"]
    assert "550" in market.value("select last_error from notifications order by 1 limit 1")


def test_a_mail_server_that_is_away_costs_nothing_but_time(market: TestMarket) -> None:
    write(market, "ada@home.example", "bob@home.example")
    with smtp_server() as box:
        port = box.port
    assert send(market, Server(f"smtp://{LOOPBACK}:{port}")) == 2
    assert states(market) == ["due", "due"]
    assert market.value("select min(retry_at) from notifications") > market.clock()


def test_a_password_is_never_told_over_a_bare_connection(market: TestMarket) -> None:
    write(market, "ada@home.example")
    with smtp_server() as box:
        send(market, Server(f"smtp://{USER}:{quote(PASSWORD)}@{LOOPBACK}:{box.port}"))
    assert (box.letters, box.logins, states(market)) == ([], [], ["due"])


def test_with_encryption_the_market_signs_in(
    market: TestMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, context = certificate(tmp_path)
    write(market, "ada@home.example")
    with smtp_server(context) as box:
        post = Server(f"smtp://{USER}:{quote(PASSWORD)}@{LOOPBACK}:{box.port}")
        send(market, post)
        assert (box.logins, states(market)) == ([], ["due"]), "the certificate is a stranger's"
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        market.clock.advance(minutes=1)
        send(market, post)
    assert (box.logins, states(market)) == ([PASSWORD.encode()], ["sent"])


def test_a_sender_that_slept_through_its_lease_marks_nothing(market: TestMarket) -> None:
    write(market, "ada@home.example")
    with market.database.transaction() as connection:
        (sleeper,) = notifications.claim(connection, "email", market.clock())
    market.clock.advance(minutes=6)
    with market.database.transaction() as connection:
        (other,) = notifications.claim(connection, "email", market.clock())
        notifications.mark_sent(connection, sleeper, market.clock())
    assert states(market) == ["due"]
    with market.database.transaction() as connection:
        notifications.mark_sent(connection, other, market.clock())
        notifications.give_up(connection, sleeper, "woke late", market.clock())
    assert states(market) == ["sent"]


def test_after_many_tries_a_letter_waits_for_a_person(market: TestMarket, tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("no folder")
    write(market, "ada@home.example")
    for _ in range(notifications.MOST_TRIES):
        assert send(market, Folder(nowhere)) == 1
        market.clock.advance(hours=7)
    assert (send(market, Folder(nowhere)), states(market)) == (0, ["failed"])
