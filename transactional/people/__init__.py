"""Vendors and shoppers: who they are, how they come in, what they think of a purchase."""
