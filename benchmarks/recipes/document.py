"""docs/recipes.md: what was measured, told by what was measured."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.recipes.curve import points
from benchmarks.recipes.data_sets import DEV_ROWS, SETS, TEST_ROWS, TRAINING_ROWS
from benchmarks.recipes.plan import STAGES, missing, planned, survivors
from benchmarks.recipes.results import Result
from benchmarks.recipes.settings import (
    BATCH_SIZE,
    EPOCHS,
    FEW,
    MAIN,
    MAX_LENGTH,
    RECIPES,
    RECOMMENDED,
    SEEDS,
    SETFIT,
    TRAINER,
    Setting,
)
from benchmarks.recipes.tables import (
    Scores,
    beside_table,
    few_paired_table,
    few_table,
    main_table,
    paired_table,
    screening_table,
)
from kbert.config.recipes import RECIPES as RECIPES_OF_KBERT
from kbert.utils.wording import count_noun

_WIDTH = 120
_COMPARED = (*MAIN, *RECIPES)
_WITHOUT_FLAGS = {
    "recommended": "the defaults",
    "google": "the arithmetic of `run_classifier.py`: schedule, optimizer, [CLS], float32",
}
_CHOSEN = (
    "Settings that are given stay. What fast and best give was chosen by one run of each candidate "
    "on Rotten Tomatoes and on TREC, scored on dev: fast among six, best among seven; few-shot "
    "among eight, on TREC with 8 rows of each class, before its warmup was shortened. The "
    "candidates for best were within 0.6 points, and the one that was taken, the cheapest, was the "
    "lowest of them: FGM was highest, at twice the time. A rate of 1e-4 is the highest with which "
    "BERT's fine-tuning is usually published; MiniLM, which is small, bears 2e-4."
)
FILE = Path(__file__).parents[2] / "docs" / "recipes.md"


def document(found: Sequence[Result]) -> str:
    """Return the document of the results."""
    return "\n\n".join(_parts(found)) + "\n"


def _parts(found: Sequence[Result]) -> Iterator[str]:
    """Yield the headings, paragraphs and tables; a part of which nothing was run is left out."""
    scores, kept = Scores(found), survivors(found)
    yield "# Which settings win"
    yield _filled(
        f"Each setting trains MiniLM on the same rows with the seeds {SEEDS[0]} to {SEEDS[-1]}, "
        f"which decide the order, dropout and a new head: {TRAINING_ROWS:,} rows, {EPOCHS} "
        f"epochs, batches of {BATCH_SIZE}, a peak rate of 5e-5, {MAX_LENGTH} tokens, bfloat16, on "
        f"torch. The score is accuracy, and of CoLA Matthews' correlation, as usual. The epoch is "
        f"kept that has the highest on {DEV_ROWS:,} other rows (dev). The tables have the score "
        f"on up to {TEST_ROWS:,} rows that nothing is chosen by "
        "(test): mean ± deviation over the seeds, in percent. A number in parentheses is that of "
        "the seeds, where not all of them have been run yet."
    )
    yield _filled(
        "The Hugging Face Trainer has the same weights, rows, epochs, rate, warmup, decay, "
        "precision and choice of the epoch, and else its defaults. Time is that of the "
        "processor for the whole process, from the file to the saved model: the median of its "
        "ratios to the Trainer's, set by set and seed by seed; the machine did other work beside. "
        "Minutes are those of the processor for a run, in the mean of the sets that count. "
        "A recipe has its own epochs, batches and rate where it gives them, and google float32. "
        "`make recipes DATA=FOLDER` makes "
        "the runs that are missing; each is a line of `benchmarks/results/recipes.jsonl`."
    )
    yield "\n".join(_sets())
    yield from _part(
        "All data sets",
        main_table(scores, [*_COMPARED, *kept]),
        "The average leaves out ChnSentiCorp: no Chinese weights are here, so that a small new "
        "BERT is trained from scratch, at a rate of 5e-4.",
    )
    if len(points(scores, _COMPARED)) > 1:
        yield "![The average score over the time, of each setting](images/recipes.svg)"
        yield from _part("What each recipe gives", _recipes(), _CHOSEN)
    yield from _part(
        "The default beside the Trainer",
        paired_table(scores, RECOMMENDED, TRAINER),
        "Paired t tests over the seeds, in points. CoLA was compared by accuracy at first; "
        "Matthews' correlation, which GLUE scores it by, was chosen after its first seed had been "
        "seen, and so both are here. The Trainer answers the largest class of CoLA for every row, "
        "which gives a correlation of 0. Most of the average is banking77. "
        "How closely the linear head fits is chosen on training rows; the rule for that was chosen "
        "by 15 runs of four of these sets, scored on dev, beside those with a fixed closeness. The "
        "least that it may choose was raised when it had run on CoLA with three seeds, whose test "
        "scores had been seen as well.",
    )
    yield from _part(
        "Techniques",
        screening_table(scores, found),
        "Dev scores, each beside the default, of which it changes what its flags say; p is of a "
        "paired t test over the seeds, of the mean of both sets. In bold: better, with a p below "
        "0.05, and so tried on all sets; that p counts was decided after two seeds. Time is "
        "relative to the default.",
    )
    yield from _part(
        "Recipes and techniques beside the default",
        beside_table(scores, [*RECIPES, *kept], RECOMMENDED),
        "The average of test scores over the data sets that count, and paired t tests over the "
        "seeds.",
    )
    yield from _part(
        "Few rows",
        few_table(scores),
        f"The default trains {EPOCHS} epochs, or as many as make 100 updates, in batches of 8, or "
        "of 4 where there are fewer than 32 rows; few-shot as it says above; setfit trains its "
        "encoder on pairs of texts (`num_iterations=20`) and then a logistic regression. Test "
        "scores after the last epoch. Minutes are the processor's for a run, as above.",
    )
    yield from _part(
        "The recipe for few rows beside setfit",
        few_paired_table(scores, FEW[-1], SETFIT),
        "Paired t tests over the seeds, in points.",
    )
    yield "## How it was measured"
    yield "\n".join(_origin(found))


def _part(title: str, table: Iterator[str], told: str) -> Iterator[str]:
    head, line, *rows = table
    if rows:
        yield f"## {title}"
        yield "\n".join([head, line, *rows])
        yield _filled(told)


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_on_hyphens=False)


def _sets() -> Iterator[str]:
    yield "| data set | what is told apart |"
    yield "|---|---|"
    for one in SETS:
        yield f"| {one.name} | {one.about} |"


def _recipes() -> Iterator[str]:
    yield "| recipe | what it gives the settings that are not given |"
    yield "|---|---|"
    for name, flags in RECIPES_OF_KBERT.items():
        given = " ".join(Setting(name, flags).command)
        yield f"| {name} | {f'`{given}`' if given else _WITHOUT_FLAGS[name]} |"


def _origin(found: Sequence[Result]) -> Iterator[str]:
    """Yield the machines, versions and dates of the runs, and what is still missing."""
    machines = sorted(
        {f"{one.machine}, {count_noun(one.threads, 'thread')} a run" for one in found}
    )
    versions = sorted({f"{name} {value}" for one in found for name, value in one.versions.items()})
    dates = sorted({one.date for one in found})
    days = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    yield f"- {len(found):,} runs, {days}, on {'; '.join(machines)}."
    yield f"- {', '.join(versions)}."
    for stage in STAGES:
        runs = planned(stage, found)
        left = len(missing(runs, found))
        if runs:
            yield f"- {stage}: {len(runs) - left} of {len(runs)} runs."
