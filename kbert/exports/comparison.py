"""What was seen of an export beside its model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """What was seen of an export when it was opened by its own program and asked.

    Args:
        size: int. Bytes of the export's files.
        texts: int. How many texts both were asked; 0 where the program is not installed.
        greatest: float. The greatest difference of a probability.
        agreeing: int. On how many texts the most probable class is the same.
        per_second: float. Texts a second that the program labels, asked the second time.
        accuracy: of the model and of the export on the development set, where that was asked for.
        rows: int. The rows of the development set.
    """

    size: int
    texts: int = 0
    greatest: float = 0.0
    agreeing: int = 0
    per_second: float = 0.0
    accuracy: tuple[float, float] | None = None
    rows: int = 0

    def __str__(self) -> str:
        """Return what was seen, for a person."""
        size = f"{self.size / 1e6:.1f} MB"
        if not self.texts:
            return (
                f"It was written ({size}) and not opened, for which transformers and torch are "
                "needed."
            )
        said = (
            f"It was opened ({size}): {self.agreeing} of {self.texts} texts have the same label, "
            f"probabilities are within {self.greatest:.1e}; {self.per_second:,.0f} texts/s."
        )
        if self.accuracy is None:
            return said
        before, after = self.accuracy
        return f"{said}\nAccuracy on {self.rows:,} rows: {before:.4f} before, {after:.4f} after."
