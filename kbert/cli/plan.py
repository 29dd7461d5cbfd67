"""`kbert plan`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import DATA, PLAN, Switch, given, options, reading
from kbert.config import ShardOptions, SplitOptions, TechniqueOptions, TrainConfig
from kbert.data.reading.reading_options import ReadingOptions
from kbert.plans.plan_options import PlanOptions

_FLAGS = Parameter(allow_leading_hyphen=True, group=PLAN)
_CUT = ("long_text", "cut_pair", "stride", "max_windows", "pool")


@options(
    *(PlanOptions, "task", "dev", "dev_proportion", SplitOptions, "seed"),
    *("preset", "pooling", "max_length", *_CUT, "backend"),
    *(ReadingOptions, ShardOptions, TechniqueOptions),
    "allow",
    without=("devices",),
)
class Settings:
    """What `kbert plan` takes."""


@verb("plan")
def plan(
    data: Annotated[str | None, Parameter(group=DATA)] = None,
    *,
    examples: Annotated[int | None, Parameter(group=DATA)] = None,
    google_flags: Annotated[str | None, _FLAGS] = None,
    global_step: Annotated[int, Parameter(group=PLAN)] = 0,
    devices: Annotated[str | None, Parameter(group=PLAN)] = None,
    time: Switch = False,
    plot: Path | None = None,
    json: Switch = False,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> int:
    """Show steps, warmup, learning rates and what is wrong with them; trains nothing.

    Parameters
    ----------
    data
        Labelled file, or several as one set: 'data/*.csv'; or a token store. Without it, pass
        --examples.
    examples
        Rows of the training set, in place of a file.
    google_flags
        Flags of a run_classifier.py command: show what it would do.
    global_step
        Step that the command's output directory has reached.
    devices
        Devices that share each batch; several, as in 1,8,64, are compared in a table.
    time
        Time a few training steps on this machine, and estimate the whole.
    plot
        File to draw the learning rate in, such as plan.png.
    json
        Print JSON.
    """
    if google_flags is not None:
        from kbert.cli.show_google_plan import show_google_plan

        return show_google_plan(
            google_flags, data, examples, global_step, reading(settings), as_json=json
        )
    from kbert.cli.show_devices import read_devices
    from kbert.cli.show_plan import show_plan

    config = TrainConfig(data or "", **given(settings))
    return show_plan(config, examples, read_devices(devices), time_it=time, plot=plot, as_json=json)
