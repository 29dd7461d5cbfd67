"""Numbers in the cells of a table."""


def float_cell(number: float) -> str:
    """Return a float32 in the fewest digits that are read as the same float32.

    Args:
        number: float. Rounded to the nearest float32.

    Example:

    ```python
    assert float_cell(0.10000000149011612) == "0.1"
    ```
    """
    import numpy as np

    value = np.float32(number)
    is_plain = value == 0 or 1e-4 <= abs(value) < 1e15
    write = np.format_float_positional if is_plain else np.format_float_scientific
    return write(value, trim="-")
