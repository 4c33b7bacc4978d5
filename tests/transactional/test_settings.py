import pytest

from transactional import settings
from transactional.errors import ConfigurationInvalidError

GOOD = {
    "DATABASE_URL": "postgresql://rynek@127.0.0.1/rynek",
    "REDIS_URL": "redis://127.0.0.1",
    "STRIPE_API_KEY": "sk_test_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "STRIPE_API_BASE": "http://127.0.0.1:12111",
}


def test_a_good_environment_is_read() -> None:
    assert settings.from_environment(GOOD).stripe_api_base == "http://127.0.0.1:12111"


def test_without_a_base_address_stripe_itself_is_meant() -> None:
    assert settings.from_environment(GOOD | {"STRIPE_API_BASE": ""}).stripe_api_base is None


@pytest.mark.parametrize("name", sorted(GOOD.keys() - {"STRIPE_API_BASE"}))
def test_a_missing_setting_is_named_with_what_was_wanted(name: str) -> None:
    with pytest.raises(ConfigurationInvalidError, match=f"{name} is ''; wanted"):
        settings.from_environment({key: GOOD[key] for key in GOOD if key != name})


@pytest.mark.parametrize("address", ["http://stripe.example", "http://10.0.0.1:1", "nonsense"])
def test_a_stand_in_is_accepted_only_on_a_loopback_address(address: str) -> None:
    with pytest.raises(ConfigurationInvalidError, match="wanted: a loopback address"):
        settings.from_environment(GOOD | {"STRIPE_API_BASE": address})


def test_a_stand_in_is_accepted_only_with_a_test_key() -> None:
    with pytest.raises(ConfigurationInvalidError, match="wanted: a sk_test_"):
        settings.from_environment(GOOD | {"STRIPE_API_KEY": "sk_live_1"})


def test_a_wrong_secret_is_not_printed() -> None:
    with pytest.raises(ConfigurationInvalidError) as refusal:
        settings.from_environment(GOOD | {"STRIPE_API_KEY": "very-secret"})
    assert "very-secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("SMTP_URL", "http://mail.example", "wanted: smtp://"),
        ("SMTP_URL", "smtp://", "and a host"),
        ("MAIL_FROM", "nobody", "wanted: one e-mail address"),
        ("OPERATOR_EMAIL", "a b@c", "wanted: one e-mail address"),
        ("WEBHOOKS_MAY_BE_LOCAL", "yes", "wanted: 0 or 1"),
    ],
)
def test_a_wrong_setting_of_mail_is_named(name: str, value: str, wanted: str) -> None:
    with pytest.raises(ConfigurationInvalidError, match=wanted) as refusal:
        settings.from_environment(GOOD | {name: value})
    assert name in str(refusal.value)


def test_a_mail_servers_password_is_not_printed() -> None:
    with pytest.raises(ConfigurationInvalidError) as refusal:
        settings.from_environment(GOOD | {"SMTP_URL": "imap://me:very-secret@mail.example"})
    assert "very-secret" not in str(refusal.value)


def test_without_mail_settings_letters_wait_and_webhooks_stay_public() -> None:
    chosen = settings.from_environment(GOOD)
    assert (chosen.smtp_url, chosen.mail_folder, chosen.operator_email) == (None, None, None)
    assert not chosen.are_webhooks_local
