"""`kbert lr-find`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import DATA, PLAN, Switch, describe, given, options
from kbert.cli.show import show, show_json
from kbert.config import (
    LossOptions,
    MachineOptions,
    ModelOptions,
    ShardOptions,
    SplitOptions,
    TechniqueOptions,
    TrainConfig,
)
from kbert.data.reading.reading_options import ReadingOptions
from kbert.findings import worded

Data = Annotated[str, Parameter(alias="--data-dir", group=DATA, help=describe("data"))]


@options(
    *("task", "parent", "batch_size", "gradient_accumulation_steps", "update_size", "recipe"),
    *("dev", "dev_proportion", SplitOptions, ModelOptions, LossOptions, TechniqueOptions),
    *(MachineOptions, ReadingOptions, ShardOptions, "allow"),
    # A search of a few updates never reaches these: layers that are unfrozen later, averages.
    without=("folds", "fold", "gradual_unfreezing", "moving_average", "average_best"),
)
class SearchSettings:
    """The settings of a run that `kbert lr-find` takes."""


@verb("lr-find")
def lr_find(
    data: Data,
    *,
    lowest: Annotated[float, Parameter(group=PLAN)] = 1e-7,
    highest: Annotated[float, Parameter(group=PLAN)] = 1e-2,
    updates: Annotated[int, Parameter(group=PLAN)] = 100,
    plot: Path | None = None,
    json: Switch = False,
    settings: Annotated[SearchSettings, Parameter(name="*")] = SearchSettings(),  # noqa: B008
) -> None:
    """Try learning rates, from too low to too high, and suggest one; keeps no model.

    One update is trained at each rate, and the loss is watched. The suggestion is a tenth of the
    rate at which the loss is lowest: a peak for `kbert train`, which warms up to it.

    Parameters
    ----------
    lowest
        The first learning rate.
    highest
        The last learning rate.
    updates
        How many rates are tried, each in one update of the weights.
    plot
        SVG file to draw the losses in.
    json
        Print JSON.
    """
    from kbert.runs.search_learning_rate import search_learning_rate
    from kbert.utils.say import verbose_level, verbosity

    config = TrainConfig(data, **given(settings))
    if plot is not None:
        from kbert.plots import rate_search
        from kbert.reports.svg import check_drawing

        check_drawing(plot)  # before the search, which takes a while
    with verbosity(0 if json else verbose_level()):
        search = search_learning_rate(config, lowest=lowest, highest=highest, updates=updates)
    if plot is not None:
        rate_search(search).save(plot)
    if json:
        show_json({**search.to_dict(), **({} if plot is None else {"plot": str(plot)})})
        return
    show(str(search))
    if plot is not None:
        show(worded("The curve is drawn in {plot}", plot=plot))
