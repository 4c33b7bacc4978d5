"""Harnesses that look for faults in the core: a quick form runs in the tests, a long one alone."""
