"""Words as a shell reads them."""

import os
import shlex


def shell_word(text: object) -> str:
    """Return a word that a POSIX shell reads as this text.

    Characters that a terminal does not show as they are, and bytes of file names that are not text,
    are written as `$'\\xff'`, which bash, zsh and ksh read.

    Example:

    ```python
    assert shell_word("my file.csv") == "'my file.csv'"
    ```
    """
    word = str(text)
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def shell_path(path: object) -> str:
    """Return a path as a word that no program takes for a flag."""
    text = str(path)
    return shell_word(f"./{text}" if text.startswith("-") else text)


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    # "surrogatepass" for a surrogate that is not a byte of a file name.
    try:
        data = os.fsencode(character)
    except UnicodeEncodeError:
        data = character.encode("utf-8", "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in data)
