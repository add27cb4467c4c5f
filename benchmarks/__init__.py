"""Benchmarks: commands that print ratios and times measured in one run."""
