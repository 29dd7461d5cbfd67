"""--callback, the only way in which a command imports the user's own code."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from kbert.cli.options import TRACKING

Callbacks = Annotated[
    tuple[str, ...],
    Parameter(
        name="--callback",
        group=TRACKING,
        negative_iterable=(),
        show_default=False,
        help="Keras callback of your own as package.module:Name, a class or function without "
        "arguments; runs do not store it, so that resume needs it again.",
    ),
]


def from_here(callbacks: Sequence[str]) -> Sequence[str]:
    """Return the names of callbacks, after making the current folder importable.

    Python searches it last, so that a file in it never shadows an installed module.
    """
    if callbacks and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    return callbacks
