"""A loopback stand-in for Stripe: its wire format, its rules, its own durable store.

`python -m rynek.local.stripe --store DIR --port N` starts it. The official SDK reaches it through
`stripe.StripeClient("sk_test_...", base_addresses={"api": "http://127.0.0.1:N"})`.

What an answer promises is committed before it is sent. What the stand-in does not implement it
refuses by name; it never pretends. Some things differ from Stripe on purpose:

- a charge's balance transaction exists at once (Stripe may attach it a moment later);
- an account is ready at once, unless `metadata[onboarding]=strict` or a control route says no;
- money is paid out by hand only, and no fee but that of cards and disputes is taken;
- the shopper answers a 3-D Secure challenge, and a vendor Stripe's questions, at the stand-in's own
  pages under `/_standin/`.

Time is the world's plus what the test clock was advanced: balances, refunds of slow banks,
disputes, payouts, idempotency keys and retries of webhooks follow it.

Control routes take and give JSON, to this machine and a test key; `control.Control` is a client:

    GET/POST        /_standin/clock                  {"advance_seconds": n}
    GET/POST/DELETE /_standin/faults                 [{"fault": kind, "match": {"method", "path"},
                                                       "times", "after", "probability", "seed",
                                                       "seconds"}], see faults.py
    GET/POST        /_standin/webhooks               {"duplicate", "reorder", "withhold", "seed"}
    POST            /_standin/webhooks/release       what was withheld or waits goes out
    POST            /_standin/platform               {"covers_shortfalls": bool} of refunds
    POST            /_standin/disputes               {"charge", "amount", "reason", "is_inquiry"}
    POST            /_standin/disputes/{id}/verdict  {"outcome": "won" | "lost"}
    POST            /_standin/accounts/{id}/complete
    POST            /_standin/accounts/{id}/limit    {"reason", "due", "transfers", "payouts"}
"""
