"""`kbert continue`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.callback_flag import Callbacks, from_here
from kbert.cli.options import DATA, given, options
from kbert.cli.processes import Processes, join_others
from kbert.config import TrainConfig
from kbert.utils.say import verbose_level


@options(TrainConfig, optional=True, without=("parent", "preset", "weights", "pooling", "head"))
class Changes:
    """What a run that continues another can change."""


@verb("continue")
def continue_training(
    run: Path,
    data: Annotated[str | None, Parameter(group=DATA)] = None,
    *,
    changes: Annotated[Changes, Parameter(name="*")] = Changes(),  # noqa: B008
    callback: Callbacks = (),
    processes: Annotated[Processes, Parameter(name="*")] = Processes(),  # noqa: B008
) -> None:
    """Train a run's model further in a new directory: weights kept, optimizer and plan fresh.

    Settings that are not given are taken from the run.

    Parameters
    ----------
    run
        Run directory whose model to start from.
    data
        Labelled file, or several as one set: 'data/*.csv'; by default that of the run.
    """
    from kbert.cli.show_next import show_next
    from kbert.runs.continue_training import continue_training as continue_run

    join_others(processes, given(changes).get("backend"))
    settings = given(changes) | ({} if data is None else {"data": data})
    own = from_here(callback)
    show_next(continue_run(run, callbacks=own, verbose=verbose_level(), **settings))
