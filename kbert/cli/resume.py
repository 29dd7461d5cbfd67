"""`kbert resume`."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.callback_flag import Callbacks, from_here
from kbert.cli.options import Switch, given, options
from kbert.cli.processes import Processes, join_others
from kbert.cli.sweep import WORKER
from kbert.config import CheckpointOptions, TrackerOptions
from kbert.errors import InputError
from kbert.findings import Option
from kbert.plans.plan_options import PlanOptions
from kbert.utils.say import verbose_level


def _check_unchanged(
    run: Path, changes: dict[str, Any], checkpoint: str | None, *, scale_epochs: bool
) -> None:
    """Raise InputError if a sweep would be resumed with other settings."""
    given = [*changes, *(["checkpoint"] if checkpoint else [])]
    given += ["scale_epochs"] if scale_epochs else []
    if given:
        raise InputError(
            "The runs of {run} are compared, so all are trained as planned: leave out {option}.",
            run=run,
            option=Option(given[0]),
        )


@options(
    *(PlanOptions, CheckpointOptions, TrackerOptions, "allow", "backend"),
    optional=True,
    without=("recipe",),
)
class Changes:
    """What a resumed run can change."""


@verb("resume")
def resume(
    run: Path,
    *,
    scale_epochs: Switch = False,
    checkpoint: str | None = None,
    changes: Annotated[Changes, Parameter(name="*")] = Changes(),  # noqa: B008
    callback: Callbacks = (),
    processes: Annotated[Processes, Parameter(name="*")] = Processes(),  # noqa: B008
) -> None:
    """Resume an interrupted run from its last checkpoint, optionally with a changed plan.

    Every setting that is not given stays as it was.
    --epochs is the new total, including the epochs already trained.
    --allow takes codes of mismatches with the checkpoint too: data-differs.

    Parameters
    ----------
    run
        Run directory.
    scale_epochs
        Scale the epochs so that the new plan makes as many updates as the old one.
    checkpoint
        Name of an earlier checkpoint to resume from; by default the last one.
    """
    from kbert.cli.show_next import show_next
    from kbert.cli.show_sweep import show_sweep
    from kbert.runs.resume import resume as resume_run
    from kbert.sweeps.run_sweep import is_sweep, resume_sweep

    if is_sweep(run):
        _check_unchanged(run, given(changes), checkpoint, scale_epochs=scale_epochs)
        show_sweep(resume_sweep(run, WORKER))
        return
    join_others(processes, given(changes).get("backend"))
    show_next(
        resume_run(
            run,
            scale_epochs=scale_epochs,
            checkpoint=checkpoint,
            callbacks=from_here(callback),
            verbose=verbose_level(),
            **given(changes),
        )
    )
