"""The search for the learning rate of a run."""

from dataclasses import replace

from kbert.config import TrainConfig
from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.results.rate_search import RateSearch, check_rates
from kbert.runs.build_model import build_model, change_values
from kbert.runs.choose_head import with_head
from kbert.runs.find_learning_rate import find_learning_rate
from kbert.runs.prepare import prepare
from kbert.runs.training_batches import training_batches
from kbert.utils.say import say

# The plan of a search has no length, so findings about it do not matter.
_OF_THE_PLAN = ("too-few-updates", "no-warmup", "unusual-rate")


def search_learning_rate(
    config: TrainConfig, *, lowest: float, highest: float, updates: int
) -> RateSearch:
    """Try rates on the data and the model of a run, and return the losses; nothing is kept.

    Args:
        config: TrainConfig.
        lowest: float. The first rate.
        highest: float. The last rate.
        updates: int. How many rates are tried.

    Raises:
        KbertError: as for `kbert.train`.
    """
    check_rates(lowest, highest, updates)
    if config.devices not in (None, 1):
        raise InputError(
            "A search runs on one device: leave out {option}.", option=Option("devices")
        )
    head = "new" if config.head == "auto" else config.head
    searched = replace(config, head=head, allow=(*config.allow, *_OF_THE_PLAN))
    prepared = prepare(searched, shows_plan=False)  # one that this search does not follow
    if config.head == "auto" and with_head(config).head == "linear":
        say(
            worded(
                "The search begins with a new head: with one that fits already, the loss hardly "
                "falls at any rate. For that one: {option}",
                option=Option("head", "linear"),
            )
        )
    model = build_model(prepared)
    batches = training_batches(prepared, model)
    change_values(prepared.config, model, batches)
    return find_learning_rate(model, batches, lowest=lowest, highest=highest, updates=updates)
