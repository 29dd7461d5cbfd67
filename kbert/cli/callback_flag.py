"""--callback, the only way in which a command imports code of the user's own."""

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
    """Return names of callbacks, whose modules may lie in the folder of the command.

    Python looks there last, so that a file there takes the place of no installed module.
    """
    if callbacks and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    return callbacks
