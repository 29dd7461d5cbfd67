"""How a model is evaluated while it trains."""

from dataclasses import dataclass

from kbert.choices import BaselineChoice, Monitor
from kbert.config.checks import check_at_least_1, check_share
from kbert.errors import InputError
from kbert.findings import Cure, Option


@dataclass(frozen=True, kw_only=True)
class EvaluationOptions:
    """On what, when and by which score a model is evaluated during training.

    Example:

    ```python
    assert EvaluationOptions(dev="dev.csv", patience=2).monitor is None
    ```
    """

    dev: str | None = None
    """File, or several, to evaluate on after each epoch; without it, a share is set aside."""
    dev_proportion: float = 0.1
    """Share of the data set aside for evaluation when there is no dev file; 0 for none."""
    test: str | None = None
    """Second file to evaluate on after each epoch; it never decides which epoch is best."""
    monitor: Monitor | None = None
    """Score on the dev set that decides which epoch is best, by default accuracy; the loss breaks
    ties."""
    patience: int | None = None
    """Stop after this many epochs without improvement."""
    evaluate_every: int | None = None
    """Also evaluate after every N batches."""
    baseline: BaselineChoice = "both"
    """Before the first step, fit linear models to TF-IDF and the frozen encoder, to compare."""
    calibrate: bool = False
    """When training ends, fit a temperature on the dev set, so that about 80% of the answers with
    probability 0.8 are right, and keep it in the model."""
    report: bool = True
    """When training ends, write report.html."""

    def __post_init__(self) -> None:
        check_share("dev_proportion", self.dev_proportion)
        check_at_least_1("patience", self.patience)
        check_at_least_1("evaluate_every", self.evaluate_every)
        if self.dev is not None:
            if self.dev_proportion not in (0, EvaluationOptions.dev_proportion):
                raise InputError(
                    "{dev} names the rows to evaluate on, so no share is set aside: leave out "
                    "{option}.",
                    dev=Option("dev"),
                    option=Option("dev_proportion"),
                )
            return
        if self.dev_proportion > 0:
            return
        for name in ("patience", "evaluate_every", "monitor", "baseline", "calibrate"):
            if getattr(self, name) not in (getattr(EvaluationOptions, name), "none"):
                raise InputError(
                    "{option} needs a dev set.",
                    option=Option(name),
                    cure=Cure({"dev": "FILE"}, otherwise=(Cure({"dev_proportion": 0.1}),)),
                )
