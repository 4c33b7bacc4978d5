"""The shopper's money on its way in."""
