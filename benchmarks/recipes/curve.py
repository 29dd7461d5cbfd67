"""The curve of time and score, as a picture."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.recipes.settings import Setting
from benchmarks.recipes.tables import Scores

FILE = Path(__file__).parents[2] / "docs" / "images" / "recipes.svg"


def points(scores: Scores, settings: Sequence[Setting]) -> dict[str, tuple[float, float]]:
    """Return the time relative to the Trainer's and the average score in percent, by setting."""
    found = {}
    for setting in settings:
        averages, time = scores.averages(setting), scores.time(setting)
        if averages and time is not None:
            found[setting.name] = (time, 100 * statistics.mean(averages.values()))
    return found


def draw(at: dict[str, tuple[float, float]], path: Path = FILE) -> None:
    """Draw the points; the file has the same bytes each time."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "recipes"
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name, (time, score) in at.items():
        axes.plot(time, score, "o", color="tab:blue")
        axes.annotate(name, (time, score), xytext=(0, 7), textcoords="offset points", ha="center")
    axes.set(xlabel="processor time, relative to the Trainer's", ylabel="average score in percent")
    axes.margins(0.25)
    axes.grid(visible=True, color="0.9")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
