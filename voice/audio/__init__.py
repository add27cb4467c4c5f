"""PCM arithmetic, files and sound cards."""
