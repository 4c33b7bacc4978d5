"""A loopback stand-in for Stripe: its wire format, its rules, its own durable store.

`python -m rynek.local.stripe --store DIR --port N` starts it. The official SDK reaches it through
`stripe.StripeClient("sk_test_...", base_addresses={"api": "http://127.0.0.1:N"})`.

What an answer promises is committed before it is sent. What the stand-in does not implement it
refuses by name; it never pretends. Three things differ from Stripe on purpose:

- a charge's balance transaction exists at once (Stripe may attach it a moment later);
- an account that asks for the `transfers` capability has it at once (Stripe asks it questions);
- the shopper answers a 3-D Secure challenge at the stand-in:
  `POST /_standin/payment_intents/{id}/authenticate`, form `outcome=succeeded|failed`.
"""
