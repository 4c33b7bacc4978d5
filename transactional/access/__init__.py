"""Who may do what, how often, and what was done: tokens, tenants, limits, audit, replays."""
