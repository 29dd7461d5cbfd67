"""How many rows, terms and tokens a baseline may use, so that it takes seconds."""

import numpy as np

from kbert.errors import InputError

MAX_OUTPUTS = 2000
_MAX_ROWS = 100_000
_MAX_TOKENS = 2**23  # they are sorted, in some hundred bytes each
_MAX_OUTPUTS_IN_MEMORY = 2**24
_MAX_PRODUCTS = 2**26  # per pass over the training rows; there are up to a hundred passes
_MAX_COEFFICIENTS = 2**21  # some twenty times as many numbers are in memory
_TERMS_PER_TOKEN = 2

_ENCODER_ROWS = (2000, 1000)  # training and dev rows
_ENCODER_SHARE = 0.05  # of the planned computation
_STEP = 3  # a training step computes as much per token as three forward passes
_FREE_TOKENS = 2**13  # whatever the plan: MiniLM takes a second for them on two cores
_MIN_ENCODER_ROWS = 20


def check_outputs(outputs: int) -> None:
    """Raise InputError if a linear model would have too many outputs."""
    if outputs > MAX_OUTPUTS:
        raise InputError(
            "at most {most:,} classes are fitted in seconds. Received: {outputs:,}",
            most=MAX_OUTPUTS,
            outputs=outputs,
        )


def tf_idf_rows(lengths: np.ndarray, outputs: int) -> int:
    """Return how many of the training rows TF-IDF is fitted to.

    Args:
        lengths: int array [rows]. Tokens of each row.
        outputs: int. The number of outputs of the linear model.
    """
    tokens = float(lengths.mean())
    of_row = _TERMS_PER_TOKEN * tokens * outputs
    most = min(_MAX_ROWS, _MAX_TOKENS // tokens, _MAX_PRODUCTS // of_row)
    return min(len(lengths), max(int(most), 1))


def tf_idf_dev_rows(lengths: np.ndarray, outputs: int) -> int:
    """Return how many of the dev rows TF-IDF is scored on; see `tf_idf_rows`."""
    tokens = float(lengths.mean())
    most = min(_MAX_ROWS, _MAX_TOKENS // tokens, _MAX_OUTPUTS_IN_MEMORY // outputs)
    return min(len(lengths), max(int(most), 1))


def max_terms(outputs: int) -> int:
    """Return how many terms are counted."""
    return _MAX_COEFFICIENTS // outputs


def encoder_rows(
    training: np.ndarray, dev: np.ndarray, epochs: int | None = None
) -> tuple[int, int, float | None]:
    """Return how many training and dev rows the frozen encoder computes.

    They are at most 2,000 and 1,000. They are fewer if they would take more than 5% of the plan's
    computation, including evaluations, but a second's worth of them is always allowed.

    Args:
        training: int array [rows]. Tokens of each training row.
        dev: int array [rows]. Tokens of each dev row.
        epochs: int or None. The plan's epochs. Defaults to None: there is no plan.

    Returns:
        The two numbers, and their share of the plan's computation, None without a plan.

    Raises:
        InputError: they would be too few to learn from.
    """
    counts = [min(len(of), most) for of, most in zip((training, dev), _ENCODER_ROWS, strict=True)]
    tokens = counts[0] * float(training.mean()) + counts[1] * float(dev.mean())
    if epochs is None:
        return counts[0], counts[1], None
    planned = epochs * (_STEP * float(training.sum()) + float(dev.sum()))
    part = min(1.0, max(_ENCODER_SHARE * planned, _FREE_TOKENS) / tokens)
    counts = [int(count * part) for count in counts]
    if part < 1 and min(counts) < _MIN_ENCODER_ROWS:
        raise InputError(
            "within {share:.0%} of the planned computation there are {training:,} training and "
            "{dev:,} dev rows, which are too few",
            share=_ENCODER_SHARE,
            training=counts[0],
            dev=counts[1],
        )
    return counts[0], counts[1], tokens * part / planned
