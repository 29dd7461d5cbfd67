"""How Google cuts a pair of texts that is too long."""


def truncated_lengths(first: int, second: int, budget: int) -> tuple[int, int]:
    """Return the lengths of two texts after the longer one has lost tokens until both fit.

    The closed form of Google's `_truncate_seq_pair`, in which a tie shortens the second text.
    """
    if first + second <= budget:
        return first, second
    keep_first = min(first, max(budget - second, (budget + 1) // 2))
    return keep_first, min(second, budget - keep_first)
