"""Tells the encodings of Latin letters apart by the alphabets of languages."""

_MIN_SHARE = 0.95  # of the letters beyond ASCII that must be in one alphabet
_NO_LETTERS = frozenset("\xa0«»‘’“”‚„…–—€£©®°·•¡¿§¹²³½¼ªº\t")

# The letters beyond ASCII of the languages that are written in each encoding. Of two that fit, the
# first is taken.
_ALPHABETS = {
    "cp1252": (
        *("àâæçèéêëîïôùûüÿœ", "äöüßé", "áéíñóúü", "àáâãçéêíóôõú", "àèéìîòù", "åäöéü"),
        *("æøåéôö", "áæéíóðúýþö", "äõöüšž", "àçèéíïòóúü", "áéëïêôûü"),
    ),
    "cp1250": ("óąćęłńśźż", "áéíóúýčďěňřšťůž", "áäéíóôúýčďĺľňŕšťž", "áéíóöúüőű", "âîăşţ", "ćčđšž"),
    "cp1254": ("âçîöûüğış",),
    "iso8859_2": ("óąćęłńśźż", "áéíóúýčďěňřšťůž", "áäéíóôúýčďĺľňŕšťž"),
}
LATIN = tuple(_ALPHABETS)


def latin_encoding(data: bytes, known: str = "") -> str | None:
    """Return the encoding in which the letters are those of one language, or None.

    Args:
        data: bytes.
        known: str. An encoding that they do not have. Defaults to "".
    """
    shares = {name: _share(data, name) for name in LATIN if name != known}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _MIN_SHARE else None


def _share(data: bytes, encoding: str) -> float:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    beyond = [c for c in text.replace("İ", "i").lower() if c > "\x7f" and c not in _NO_LETTERS]
    return max(
        sum(c in alphabet for c in beyond) / max(len(beyond), 1)
        for alphabet in _ALPHABETS[encoding]
    )
