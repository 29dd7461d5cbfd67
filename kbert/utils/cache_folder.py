"""Where kbert keeps files that it can recreate."""

import os
from pathlib import Path


def cache_folder(part: str) -> Path | None:
    """Return a folder in $KBERT_CACHE, else in the user's cache folder, if any.

    Args:
        part: str. What is kept there, such as "tokens".
    """
    named = os.environ.get("KBERT_CACHE")
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return Path(named or Path(base or Path.home() / ".cache") / "kbert") / part
    except RuntimeError:  # this user has no home
        return None
