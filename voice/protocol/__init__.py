"""The words of the realtime protocol: events, items, formats, dialects, endpoints."""
