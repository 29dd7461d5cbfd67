"""The time, as records have it."""

import time


def now() -> str:
    """Return the time in the form of ISO 8601."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
