"""`kbert demo`."""

from typing import Annotated, Any

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import given, options
from kbert.config import TrainConfig
from kbert.data.reading.reading_options import ReadingOptions
from kbert.findings import Call, worded
from kbert.utils.say import say, verbose_level

# For a first result within three minutes on two cores, and the end within ten. The sentences are
# short: few have more than 64 tokens.
SETTINGS: dict[str, Any] = {"max_length": 64, "epochs": 2, "evaluate_every": 80}


@options(
    TrainConfig,
    optional=True,
    without=(*ReadingOptions.__dataclass_fields__, "task", "parent"),
)
class Changes:
    """What can be changed of the demo."""


@verb("demo")
def demo(
    *,
    changes: Annotated[Changes, Parameter(name="*")] = Changes(),  # noqa: B008
) -> None:
    """Fine-tune MiniLM on 8,530 sentences of film reviews, labelled positive or negative.

    This is `kbert train` on a file that is prepared first, with settings for
    a quick first result.
    """
    from kbert.cli.demo_data import check_installed, write_rotten_tomatoes
    from kbert.cli.show_next import show_next
    from kbert.runs.train import train

    settings = SETTINGS | given(changes)
    check_installed(weights="preset" not in settings)
    data = str(write_rotten_tomatoes())
    say(worded("The same as: {train}\n", train=Call("train", data, **settings)))
    show_next(train(TrainConfig(data, **settings), verbose=verbose_level()))
