"""A client of the stand-in's control routes, for tests and harnesses.

with Control(stripe_api_base, stripe_api_key) as control:
    control.fault("answer_lost", path="/v1/transfers")
    control.advance(days=2)
"""

from types import TracebackType
from typing import Any, Final, Literal, Self

import httpx
import msgspec

from rynek.local.stripe.disputes import Opening, Verdict
from rynek.local.stripe.faults import Fault, Kind, Match
from rynek.local.stripe.mischief import Mischief
from rynek.local.stripe.onboarding import Limit, Reason
from rynek.local.stripe.refusals import Json

TIMEOUT_S: Final = 30.0
DAY_S: Final = 86_400


class ControlRefusedError(Exception):
    """The stand-in refused a control request; the message says why."""


class Control:
    """The stand-in at `url`, asked with a test key. Every method raises ControlRefusedError."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def now(self) -> int:
        """The stand-in's time, in Unix seconds."""
        return int(self._ask("GET", "clock")["now"])

    def advance(self, *, seconds: int = 0, days: int = 0) -> int:
        """Move the stand-in's clock on, have everything due done, and return its new time."""
        asked = {"advance_seconds": seconds + days * DAY_S}
        return int(self._ask("POST", "clock", asked)["now"])

    def fault(
        self,
        kind: Kind,
        *,
        method: str = "POST",
        path: str = "/v1/*",
        times: int = 1,
        after: int = 0,
        probability: float = 1.0,
        seed: int = 0,
        seconds: float = 1.0,
    ) -> None:
        """Order a fault; `faults.Fault` says what each kind does."""
        self.order(Fault(kind, Match(method, path), times, after, probability, seed, seconds))

    def order(self, *faults: Fault) -> None:
        self._ask("POST", "faults", list(faults))

    def faults(self) -> list[Json]:
        """Every fault on order, with the times `left` of it."""
        found: list[Json] = self._ask("GET", "faults")["faults"]
        return found

    def clear(self) -> None:
        """No more faults, and webhooks as they should be; what was withheld goes out."""
        self._ask("DELETE", "faults")
        self.webhooks()
        self.release()

    def webhooks(
        self,
        *,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        withhold: float = 0.0,
        seed: int = 0,
    ) -> None:
        """Set the probabilities with which webhooks go wrong from now on."""
        self._ask("POST", "webhooks", Mischief(duplicate, reorder, withhold, seed))

    def release(self) -> int:
        """Send what was withheld, or waits for a retry, now; return how many deliveries."""
        return int(self._ask("POST", "webhooks/release")["released"])

    def cover_shortfalls(self, does: bool) -> None:
        """Whether the platform's bank covers refunds beyond its balance, or they are held."""
        self._ask("POST", "platform", {"covers_shortfalls": does})

    def authenticate(self, intent_id: str, outcome: str = "succeeded") -> None:
        """Have the shopper answer the bank's challenge: `succeeded` or `failed`."""
        path = f"/_standin/payment_intents/{intent_id}/authenticate"
        self._http.post(path, data={"outcome": outcome}).raise_for_status()

    def open_dispute(
        self,
        charge_id: str,
        *,
        amount: int | None = None,
        reason: str = "fraudulent",
        is_inquiry: bool = False,
    ) -> Json:
        """Have the shopper dispute a charge, all that is not refunded unless an amount is given."""
        return self._ask("POST", "disputes", Opening(charge_id, amount, reason, is_inquiry))

    def decide_dispute(self, dispute_id: str, outcome: Literal["won", "lost"]) -> Json:
        """Have the bank decide an open dispute now."""
        return self._ask("POST", f"disputes/{dispute_id}/verdict", Verdict(outcome))

    def complete_account(self, account_id: str) -> Json:
        """Have the account's owner answer every question of Stripe's."""
        return self._ask("POST", f"accounts/{account_id}/complete", {})

    def limit_account(
        self,
        account_id: str,
        *,
        reason: Reason = "requirements.past_due",
        due: tuple[str, ...] = ("individual.verification.document",),
        transfers: bool = False,
        payouts: bool = False,
    ) -> Json:
        """Have Stripe ask more of the account and forbid transfers and payouts until then."""
        asked = Limit(reason, due, transfers, payouts)
        return self._ask("POST", f"accounts/{account_id}/limit", asked)

    def _ask(self, method: str, path: str, body: object = None) -> Json:
        content = None if body is None else msgspec.json.encode(body)
        answer = self._http.request(method, f"/_standin/{path}", content=content)
        told: Any = answer.json()
        if answer.is_error:
            raise ControlRefusedError(f"{path}: {told['error']['message']}")
        return dict(told)
