"""Hypothesis profiles: ``quick`` by default; ``HYPOTHESIS_PROFILE=thorough`` runs every property much longer.

Both are derandomized: a failure in CI is the same failure at the desk.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_NO_LIMITS = {
    "deadline": None,
    "derandomize": True,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}

settings.register_profile("quick", max_examples=60, **_NO_LIMITS)
settings.register_profile("thorough", max_examples=1500, **_NO_LIMITS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
