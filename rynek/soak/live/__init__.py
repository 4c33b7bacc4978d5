"""Proof that live figures are exact: all dies at random, and every view equals Postgres."""
