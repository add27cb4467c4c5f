"""A realtime voice assistant service: speak, be answered, interrupt, call tools.

The public names are imported when first asked for, so that ``import voice`` touches no engine, no
sound card and no SDK.
"""
