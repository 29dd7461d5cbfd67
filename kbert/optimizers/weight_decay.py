"""Which variables are excluded from weight decay."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

# BERT's rule: biases and LayerNorm. Keras's `exclude_from_weight_decay(var_names=...)` looks only
# at a variable's own name, such as "gamma"; the layer's name is in its path.
NO_DECAY = (r"(^|/|_)bias$", r"layer_?norm")


def excluded_from_decay(variables: Iterable[Any], patterns: Sequence[str] = NO_DECAY) -> list[Any]:
    """Return the variables whose path matches one of the patterns, ignoring case.

    Args:
        variables: Keras variables, or anything with a `path`.
        patterns: sequence of str. Regular expressions searched in the path.
    """
    search = re.compile("|".join(patterns), re.IGNORECASE).search
    return [variable for variable in variables if patterns and search(variable.path)]
