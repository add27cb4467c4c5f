"""Doubles for tests of voice programs: they stand where the world would, and tell what happened.

Nothing here needs pytest, and nothing here is ever a default of the real thing.
"""
