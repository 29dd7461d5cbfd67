"""What a page may load and run, by the hashes of what is in it."""

import base64
import hashlib


def source_hash(content: str) -> str:
    """Return how a Content-Security-Policy names a style or a script that is in the page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
