"""The black box: what a session did, in one file that can be replayed and drawn."""
