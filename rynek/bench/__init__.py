"""The measured claims: each figure beside its peer, taken in the same run."""
