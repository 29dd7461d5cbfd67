"""`kbert sweep`."""

from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import SWEEP, Switch, given, options
from kbert.cli.train import Data, SettingsFile
from kbert.config import SweepOptions, TrainConfig
from kbert.sweeps.read_axes import takes_values

WORKER = "kbert.cli.sweep_worker"


@options(TrainConfig, optional=True, without=("folds", "fold"), as_text=takes_values)
class SweptSettings:
    """What `kbert train` takes; each number and each choice as text that may list several."""


@options(SweepOptions, of=SweepOptions)
class SweepFlags:
    """How the settings are compared."""


@verb("sweep")
def sweep(
    data: Data,
    *,
    settings: Annotated[SweptSettings, Parameter(name="*")] = SweptSettings(),  # noqa: B008
    config: SettingsFile = None,
    flags: Annotated[SweepFlags, Parameter(name="*")] = SweepFlags(),  # noqa: B008
    dry_run: Annotated[Switch, Parameter(group=SWEEP)] = False,
) -> None:
    """Compare settings by the mean of several seeds, and train the best once more.

    Every flag of `kbert train` that takes a number or a choice can list values, as in
    --learning-rate 2e-5,5e-5,1e-4; all combinations are tried. With --trials N it can also be a
    range, as in --learning-rate 1e-5:1e-4. Sweeps are stopped and resumed like runs; the same
    command line with --output also resumes one.

    Parameters
    ----------
    config
        TOML file with settings of a run, such as its config.toml; flags override it.
    dry_run
        Say what would be trained, and train nothing.
    """
    from kbert.cli.show_sweep import show_sweep
    from kbert.sweeps.plan_sweep import tell_plan
    from kbert.sweeps.run_sweep import run_sweep
    from kbert.sweeps.sweep import Sweep

    values = {"data": data, **given(settings)}
    texts = {name: values.pop(name) for name in list(values) if takes_values(name)}
    wanted = Sweep.of(values, texts, SweepOptions(**given(flags)))
    if dry_run:
        tell_plan(wanted)
        return
    show_sweep(run_sweep(wanted, WORKER))
