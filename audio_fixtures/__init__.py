"""Recorded speech with known words and times."""
