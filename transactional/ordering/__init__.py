"""Orders and the units they take: placed, held, shipped, delivered, cancelled."""
