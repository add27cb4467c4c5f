"""Tools that an assistant can call; knows nothing of voice."""
