"""The current time, for records."""

import time


def now() -> str:
    """Return the current time in ISO 8601 format."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
