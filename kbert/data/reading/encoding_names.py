"""Finds Python's name for an encoding that is called by another name."""

import difflib
import re
from encodings.aliases import aliases

# As Windows, Excel and others call them; kbert reads UTF-8 with or without a byte order mark.
_ELSEWHERE = {
    **dict.fromkeys(("ansi", "windows", "win", "western", "excel"), "cp1252"),
    **dict.fromkeys(("utf8bom", "utf8sig", "bom"), "utf-8"),
    **dict.fromkeys(("unicode", "utf16bom", "ucs2"), "utf-16"),
    **dict.fromkeys(("chinese", "gb"), "gb18030"),
    **dict.fromkeys(("mac", "macintosh"), "mac_roman"),
}
_NO_TEXT = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec"}
_NO_TEXT |= {"zlib_codec", "mbcs"}
_WINDOWS = re.compile(r"(cp|ms|win(dows)?|ansi)?(?P<page>125[0-8])")


def nearest_encoding(name: str) -> str | None:
    """Return the name of the encoding that is probably meant, or None.

    Example:

    ```python
    assert nearest_encoding("win1252") == "cp1252"
    assert nearest_encoding("UTF-8-BOM") == "utf-8"
    ```
    """
    bare = re.sub(r"[^a-z0-9]", "", name.lower())
    windows = _WINDOWS.fullmatch(bare)
    if windows is not None:
        return f"cp{windows['page']}"
    if bare in _ELSEWHERE:
        return _ELSEWHERE[bare]
    known = {alias.replace("_", ""): codec for alias, codec in aliases.items()}
    known |= {codec.replace("_", ""): codec for codec in aliases.values()}
    known = {alias: codec for alias, codec in known.items() if codec not in _NO_TEXT}
    near = difflib.get_close_matches(bare, known, 1, cutoff=0.7)
    return known[near[0]].replace("utf_", "utf-") if near else None
