"""Forecasts and insights: what they are made of, and the tables in which they are kept.

The numbers are made by `models`, nightly; the minute's refresh carries the tables over unchanged.
"""
