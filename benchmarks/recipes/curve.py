"""The curve of time and score, as a picture."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.recipes.settings import FEW, FEW_SETS, Setting
from benchmarks.recipes.tables import Scores

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def points(scores: Scores, settings: Sequence[Setting]) -> dict[str, tuple[float, float]]:
    """Return the time relative to the Trainer's and the average score in percent, by setting."""
    found = {}
    for setting in settings:
        averages, time = scores.averages(setting), scores.time(setting)
        if averages and time is not None:
            found[setting.name] = (time, 100 * statistics.mean(averages.values()))
    return found


def few_points(scores: Scores) -> dict[str, tuple[float, float]]:
    """Return the processor minutes and the average score with few rows in percent, by setting."""
    found = {}
    for setting in FEW:
        averages, minutes = scores.few(setting), scores.minutes(setting, FEW_SETS)
        if averages and minutes is not None:
            found[setting.name] = (minutes, 100 * statistics.mean(averages.values()))
    return found


def draw(at: dict[str, tuple[float, float]], time: str, path: Path) -> None:
    """Draw points over a time, which has this name; the file has the same bytes each time."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "recipes"
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name, point in at.items():
        axes.plot(*point, "o", color="tab:blue")
        # Beside the points: several are close to one another, at about the same time.
        axes.annotate(name, point, xytext=(7, 0), textcoords="offset points", va="center")
    axes.set(xlabel=time, ylabel="average score in percent")
    axes.margins(0.3, 0.15)
    axes.grid(visible=True, color="0.9")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
