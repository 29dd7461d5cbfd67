"""The command line's program, to which each verb adds itself."""

from typing import Annotated

from cyclopts import App, Parameter

from kbert import __version__
from kbert.data.reading.reading_options import ReadingOptions
from kbert.plans.plan_options import PlanOptions

app = App(
    name="kbert",
    help="Fine-tune BERT classifiers: no run is ever silently wasted.",
    version=__version__,
    help_format="plaintext",
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # `main` says what a stopped run has left
)
Reading = Annotated[ReadingOptions, Parameter(name="*")]
Planning = Annotated[PlanOptions, Parameter(name="*")]
