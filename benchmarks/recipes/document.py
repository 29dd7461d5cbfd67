"""docs/recipes.md: the measured recipes and techniques."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.recipes.curve import few_points, points
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
    "Settings that you give yourself take precedence. The contents of fast and best were chosen "
    "by one run of each candidate on Rotten Tomatoes and TREC, scored on dev: fast from six, best "
    "from seven; those of few-shot from eight, on TREC with 8 rows per class, before its warmup "
    "was shortened. The candidates for best were within 0.6 points. The cheapest was taken, "
    "although it had the lowest score of them; FGM had the highest, in twice the time. 1e-4 is "
    "the highest rate commonly published for fine-tuning BERT; MiniLM, which is small, tolerates "
    "2e-4."
)
FILE = Path(__file__).parents[2] / "docs" / "recipes.md"


def document(found: Sequence[Result]) -> str:
    """Return the document of the results."""
    return "\n\n".join(_parts(found)) + "\n"


def _parts(found: Sequence[Result]) -> Iterator[str]:
    """Yield the headings, paragraphs and tables; a part without any runs is left out."""
    scores, kept = Scores(found), survivors(found)
    yield "# Which settings win"
    yield _filled(
        f"Each setting fine-tunes MiniLM on the same rows with the seeds {SEEDS[0]} to "
        f"{SEEDS[-1]}, which determine the order of the rows, dropout and a new head: "
        f"{TRAINING_ROWS:,} rows, {EPOCHS} epochs, batches of {BATCH_SIZE}, a peak rate of 5e-5, "
        f"{MAX_LENGTH} tokens, bfloat16, on torch. The score is accuracy; for CoLA it is Matthews' "
        f"correlation, as in GLUE. A run keeps the epoch with the highest score on {DEV_ROWS:,} "
        f"other rows (dev). The tables show the score on up to {TEST_ROWS:,} further rows, by "
        "which nothing is chosen (test): mean ± standard deviation over the seeds, in percent. "
        "Where some seeds are still missing, a number in parentheses says how many there are."
    )
    yield _filled(
        "The Hugging Face Trainer has the same weights, rows, epochs, rate, warmup, decay, "
        "precision and choice of the epoch, and otherwise its defaults. Time is the processor "
        "time of the whole process, from reading the file to saving the model, relative to the "
        "Trainer's: the median of the ratios over data sets and seeds. The machine was also doing "
        "other work. Minutes are processor minutes per run, averaged over the data sets that "
        "count towards the average. A recipe uses its own epochs, batch size and rate where it "
        "has them, and google computes in float32. `make recipes DATA=FOLDER` makes the missing "
        "runs; each is a line of `benchmarks/results/recipes.jsonl`."
    )
    yield "\n".join(_sets())
    yield from _part(
        "All data sets",
        main_table(scores, [*_COMPARED, *kept]),
        "The average leaves out ChnSentiCorp: without Chinese weights, a small BERT is trained "
        "from scratch on it, at a rate of 5e-4 in all recipes. In the one epoch of fast it learns "
        "nothing: it predicts one class for every row. google is above the default on Rotten "
        "Tomatoes, MRPC and ChnSentiCorp, and far below it on banking77, with its 77 classes.",
    )
    if len(points(scores, _COMPARED)) > 1:
        yield "![The average score over the time, of each setting](images/recipes.svg)"
        yield from _part("What each recipe gives", _recipes(), _CHOSEN)
    yield from _part(
        "The default beside the Trainer",
        paired_table(scores, RECOMMENDED, TRAINER),
        "Paired t tests over the seeds, in points. CoLA was compared by accuracy at first. "
        "Matthews' correlation, the score of GLUE, was chosen after the first seed had been seen, "
        "so both are shown. On CoLA the Trainer predicts the largest class for every row, which "
        "is a correlation of 0. Most of the average difference comes from banking77. How closely "
        "the linear head fits is chosen on training rows. The rule for that was itself chosen by "
        "15 runs on four of these data sets, scored on dev, beside runs with a fixed closeness. "
        "Its lower limit was raised after three seeds on CoLA, whose test scores had been seen by "
        "then.",
    )
    yield from _part(
        "Techniques",
        screening_table(scores, found),
        "Dev scores. Each technique changes the default only by its flags; p is of a paired t "
        "test over the seeds, on the mean of both data sets. In bold: better than the default "
        "with p below 0.05, and therefore run on all data sets. That p has to be below 0.05 was "
        "decided after two of the five seeds. Time is relative to the default. The default keeps "
        "BERT's own batches of 32 and a rate of 5e-5, although smaller batches and higher rates "
        "are better here: for MiniLM they are settings of fast and best, and no larger BERT could "
        "be measured.",
    )
    yield from _part(
        "Recipes and techniques beside the default",
        beside_table(scores, [*RECIPES, *kept], RECOMMENDED),
        "The average of the test scores over the data sets that count, with paired t tests over "
        "the seeds.",
    )
    yield from _part(
        "Few rows",
        few_table(scores),
        f"In this table recommended trains {EPOCHS} epochs, or as many as give 100 updates, in "
        "batches of 8, or of 4 with fewer than 32 rows; few-shot trains as shown above. setfit "
        "trains its encoder on pairs of texts (`num_iterations=20`), then a logistic regression. "
        "Test scores after the last epoch. Minutes are processor minutes per run; setfit computes "
        "in float32, its default, and the others in bfloat16.",
    )
    if len(few_points(scores)) > 1:
        yield "![The average score with few rows over the minutes of a run](images/few-rows.svg)"
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
    yield "| data set | task |"
    yield "|---|---|"
    for one in SETS:
        yield f"| {one.name} | {one.about} |"


def _recipes() -> Iterator[str]:
    yield "| recipe | settings |"
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
