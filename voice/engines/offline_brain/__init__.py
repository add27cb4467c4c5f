"""The honest brain that needs no network: it matches what was said against example sentences."""

from voice.engines.offline_brain.brain import OfflineBrain

__all__ = ["OfflineBrain"]
