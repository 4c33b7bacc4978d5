"""Facts: written with what makes them true, numbered, published, read, forgotten."""
