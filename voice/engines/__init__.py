"""Speech engines and brains, one adapter a file."""
