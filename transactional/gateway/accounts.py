"""Connected accounts: whom vendors' money goes to."""

from datetime import UTC, datetime
from uuid import UUID

from transactional.gateway.connection import Connection, translated, under
from transactional.people import accounts
from transactional.people.accounts import Account, AccountLink


class AccountCalls(Connection):
    def open_account(self, vendor_id: int, country: str, key: UUID) -> str:
        """A connected account that transfers can go to; returns its id."""
        with translated():
            account = self._client.v1.accounts.create(
                {
                    "type": "express",
                    "country": country,
                    "capabilities": {"transfers": {"requested": True}},
                    "metadata": {"vendor_id": f"ven_{vendor_id}"},
                },
                under(key),
            )
        return account.id

    def ask_account(self, account_id: str) -> Account:
        """What Stripe says now of a connected account."""
        with translated():
            return accounts.read(self._client.v1.accounts.retrieve(account_id))

    def account_link(self, account_id: str, refresh_url: str, return_url: str) -> AccountLink:
        """Where the account's owner answers Stripe's questions: works once, for some minutes."""
        with translated():
            link = self._client.v1.account_links.create(
                {
                    "account": account_id,
                    "type": "account_onboarding",
                    "refresh_url": refresh_url,
                    "return_url": return_url,
                }
            )
        return AccountLink(link.url, datetime.fromtimestamp(link.expires_at, UTC))
