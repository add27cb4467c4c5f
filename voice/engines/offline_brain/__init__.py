"""The honest brain that needs no network: it matches what was said against example sentences."""
