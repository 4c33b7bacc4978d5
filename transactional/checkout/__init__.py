"""From a cart to a price: which offer, which rules, every cent."""
