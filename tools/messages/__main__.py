"""Update the catalogue with the messages in the code: `make messages`.

The exit status is 1 if a translation is missing or does not fit.
"""

import sys

from tools.messages.catalogue import PO, faults, read, updated, write
from tools.messages.extract import messages


def main() -> int:
    """Write the catalogue, and print what it lacks."""
    old = read()
    new = updated(old, messages())
    write(new)
    wrong = faults(new)
    missing = sum(one.startswith("missing") for one in wrong)
    obsolete = sum(bool(one.id) and new.get(_first(one.id)) is None for one in old)
    print(*wrong, sep="\n")
    print(f"{PO}: entries {len(new)}, missing: {missing}, obsolete: {obsolete} (removed)")
    return 1 if wrong else 0


def _first(message: str | tuple[str, ...]) -> str:
    return message if isinstance(message, str) else message[0]


if __name__ == "__main__":
    sys.exit(main())
