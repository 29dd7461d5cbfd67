"""`kbert train`."""

from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.callback_flag import Callbacks, from_here
from kbert.cli.options import DATA, describe, given, options
from kbert.cli.processes import Processes, join_others
from kbert.config import TrainConfig
from kbert.utils.say import verbose_level

Data = Annotated[str, Parameter(alias="--data-dir", group=DATA, help=describe("data"))]
SettingsFile = Annotated[str | None, Parameter(name="--config", group=DATA)]


@options(TrainConfig)
class TrainSettings:
    """What `kbert train` takes."""


@verb("train")
def train(
    data: Data,
    *,
    settings: Annotated[TrainSettings, Parameter(name="*")] = TrainSettings(),  # noqa: B008
    config: SettingsFile = None,
    callback: Callbacks = (),
    processes: Annotated[Processes, Parameter(name="*")] = Processes(),  # noqa: B008
) -> None:
    """Train a classifier on a labelled file.

    Parameters
    ----------
    config
        TOML file with any of these settings, such as a run's config.toml; flags override it.
    """
    from kbert.cli.show_next import show_next
    from kbert.runs.train import train as train_run

    join_others(processes, given(settings).get("backend"))
    training = TrainConfig(data, **given(settings))
    show_next(train_run(training, callbacks=from_here(callback), verbose=verbose_level()))
