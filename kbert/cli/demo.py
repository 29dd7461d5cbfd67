"""`kbert demo`."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import Switch, given, options
from kbert.config import ShardOptions, TrainConfig
from kbert.data.reading.reading_options import ReadingOptions
from kbert.findings import Call, worded
from kbert.utils.say import say, verbose_level

if TYPE_CHECKING:
    from kbert.runs.run_directory import RunDirectory

# On two cores, the first result comes within three minutes, and the run ends within ten. The
# sentences are short: few have more than 64 tokens.
SETTINGS: dict[str, Any] = {"max_length": 64, "epochs": 2, "evaluate_every": 80}


@options(
    TrainConfig,
    optional=True,
    without=(
        *ReadingOptions.__dataclass_fields__,
        *ShardOptions.__dataclass_fields__,
        *("task", "parent"),
    ),
)
class Changes:
    """What can be changed in the demo."""


@verb("demo")
def demo(
    *,
    chinese: Switch = False,
    changes: Annotated[Changes, Parameter(name="*")] = Changes(),  # noqa: B008
) -> None:
    """Fine-tune MiniLM on 8,530 sentences of film reviews, labelled positive or negative.

    This is `kbert train` on a file that is prepared first, with settings for
    a quick first result.

    Parameters
    ----------
    chinese
        Train a small new BERT on 35,124 Chinese reviews, with a vocabulary of its training rows.
    """
    from kbert.cli.demo_data import check_installed, write_rotten_tomatoes
    from kbert.cli.show_next import show_next
    from kbert.runs.train import train

    if chinese:
        show_next(_train_chinese(given(changes)))
        return
    settings = SETTINGS | given(changes)
    check_installed(weights="preset" not in settings)
    data = str(write_rotten_tomatoes())
    say(worded("The same as: {train}\n", train=Call("train", data, **settings)))
    show_next(train(TrainConfig(data, **settings), verbose=verbose_level()))


def _train_chinese(changes: dict[str, Any]) -> "RunDirectory":
    """Train on the Chinese reviews, and say what that can and cannot show."""
    from kbert.cli.chinese_demo import SETTINGS, write_preset, write_reviews
    from kbert.runs.train import train

    settings = SETTINGS | changes
    data = str(write_reviews())
    if "preset" not in settings:
        settings["preset"] = str(write_preset(TrainConfig(data, **settings)))
    say(worded("The same as: {train}\n", train=Call("train", data, **settings)))
    run = train(TrainConfig(data, **settings), verbose=verbose_level())
    if settings["weights"] == "random":
        say(
            worded(
                "The model started from random weights and knows no Chinese but these reviews. "
                "This shows that texts, vocabulary and training work from end to end; it does "
                "not show what a BERT can do, which comes from pretraining. The linear model "
                "above is the baseline. With pretrained weights: {train}",
                train=Call("train", data, preset="bert_base_zh"),
            )
        )
    return run
