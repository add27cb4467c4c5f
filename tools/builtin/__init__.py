"""Tools that work offline, one subject a file."""
