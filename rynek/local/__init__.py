"""The servers of one machine: Postgres, Redis, the Stripe stand-in, and who keeps them alive."""
