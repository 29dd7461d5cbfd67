"""The sections that programs measure, of docs/benchmarks.md and other documents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.seeds import from_log

PLOT = "images/data-scale.png"  # beside the document
DATA = "DATA.csv"
# What stands in the document for a path of this machine.
HIDDEN = {"peers": "PYTHON", "before": "DIR"}
_PLACES = {DATA: "csv", PLOT: "plot"}  # arguments in whose place an option's value stands
_SAME = {name: f"--{name}" for name in ("rows", "rounds", "data", "backends", "precisions")}


@dataclass(frozen=True)
class Program:
    """A program whose output is a part of a section.

    Args:
        arguments: sequence of str. Behind `python -m`: the module and its own flags.
        takes: dict of the flag for each option of the report that it takes.
        fenced: bool. Whether what it prints is no Markdown. Defaults to False.
        read: function that makes the section's text of what it prints, or of an earlier log.
            Defaults to `str`.
    """

    arguments: Sequence[str]
    takes: Mapping[str, str] = field(default_factory=dict)
    fenced: bool = False
    read: Callable[[str], str] = str

    def flags(self, options: Mapping[str, Sequence[str]], shown: bool = False) -> list[str]:
        """Return the arguments with the options that it takes; `shown` hides paths."""
        found = []
        for name, values in options.items():
            if name in self.takes and values:
                values = [HIDDEN[name]] if shown and name in HIDDEN else values
                found += [self.takes[name], *values]
        module, *own = self.arguments
        if not shown:
            own = [options.get(_PLACES.get(a, ""), [a])[0] for a in own]
        return [module, *found, *own]

    def text(self, output: str) -> str:
        """Return the Markdown of what it has printed."""
        read = self.read(output).strip()
        return f"```text\n{read}\n```" if self.fenced else read


@dataclass(frozen=True)
class Section:
    """A section of the document.

    Args:
        heading: str.
        compared: str. One sentence: what is compared, and how.
        programs: sequence of Program.
        image: str or None. A plot that they draw, beside the document. Defaults to None.
        on_request: bool. Whether it is measured only where it is named. Defaults to False.
        document: str or None. The file in docs/ whose section it is, all else of which is written
            by hand. Defaults to None: benchmarks.md, which has measured sections only.
    """

    heading: str
    compared: str
    programs: Sequence[Program]
    image: str | None = None
    on_request: bool = False
    document: str | None = None


def _takes(*names: str, **flags: str) -> dict[str, str]:
    return {**{name: _SAME.get(name, f"--{name}") for name in names}, **flags}


_VARIED = (
    "--packing on --precision float32",
    "--packing off --precision float32",
    "--packing on --precision bfloat16",
)
_TRAINED = ("--preset", "minilm", "--epochs", "2", "--max-length", "64", "--backend", "torch")

SECTIONS = {
    "training": Section(
        "Training speed",
        "MiniLM is fine-tuned on film reviews by kbert, by the Hugging Face Trainer at the best "
        "settings known for it, and by keras-hub's own `fit`, each in a process of its own and all "
        "in turn; the limit is the machine's own matrix product.",
        [
            Program(
                ["benchmarks.training_table"],
                _takes("rows", "rounds", "data", "backends", "precisions", "peers"),
            )
        ],
    ),
    "gpu": Section(
        "Training speed on a GPU",
        "The same on a GPU, on each backend that sees it, beside the Hugging Face Trainer.",
        [Program(["benchmarks.gpu"], _takes("rows", "rounds", "data", "precisions", "peers"))],
        on_request=True,
    ),
    "changes": Section(
        "What each technique brings",
        "kbert trains with one technique switched off at a time, in turn with all of them on; the "
        "ratio is the median of those of each round.",
        [
            Program(
                ["benchmarks.changes"],
                _takes("rows", "rounds", "data", "backends", "precisions", "before"),
            )
        ],
    ),
    "profile": Section(
        "Where a step's time goes",
        "The operations of a step of MiniLM are attributed to the parts of the model that "
        "they compute, gradients included, by each backend's own profiler, with and without what "
        "makes training faster. Where TensorFlow computes a product, its bias and GELU in one "
        "kernel, as it predicts, all of it counts as GELU.",
        [Program(["benchmarks.step_profile"], _takes("rows", "data", "backends", "precisions"))],
    ),
    "exactness": Section(
        "Exactness",
        "What is computed in another way for speed is compared with the plain way on each backend, "
        "without dropout, and the backends with one another and with transformers; each number is "
        "the greatest absolute difference.",
        [
            Program(["benchmarks.exactness"], _takes("rows", "backends")),
            Program(["tests.parity.table"], fenced=True),
        ],
    ),
    "accuracy": Section(
        "Accuracy",
        "The same runs with several seeds, with and without what makes training faster; a "
        "difference within twice its standard error may be chance.",
        [
            Program(
                ["benchmarks.seeds", "--vary", *_VARIED, "--", DATA, *_TRAINED],
                {"rounds": "--seeds"},
                read=from_log,
            )
        ],
    ),
    "evaluation": Section(
        "Evaluation after each epoch",
        "The evaluation inside `fit` is compared with a loop of predictions over the same batches, "
        "ready in memory, and what it compiles is counted.",
        [Program(["benchmarks.evaluation_cost"], _takes("rows", "data", "backends"))],
    ),
    "prediction": Section(
        "Prediction speed",
        "Texts in, probabilities out: kbert beside transformers' pipeline and a loop that a "
        "careful user writes, at the best batch sizes of each, in turn.",
        [
            Program(
                ["benchmarks.prediction_speed"],
                _takes("rows", "rounds", "data", "backends", "peers"),
            )
        ],
    ),
    "serving": Section(
        "Serving under load",
        "Clients on the same machine each send one text, wait for the answer and send the next: to "
        "`kbert serve`, to the app of docs/serving.md, which calls `Predictor` for each request, "
        "and to transformers' pipeline in such an app, all in turn.",
        [Program(["benchmarks.serving_load"], _takes("rounds", "backends", "peers"))],
    ),
    "start": Section(
        "Start",
        "Seconds from the start of `kbert train` to its first finished step and to its end, with "
        "empty caches and a second time, and those of `import kbert` and `kbert --help`.",
        [Program(["benchmarks.start_up"], _takes("rows", "rounds", "backends"))],
    ),
    "report": Section(
        "Report",
        "Seconds of `kbert report`, from the start of its process, and the size of the page.",
        [Program(["benchmarks.report_speed"], _takes("rows", "rounds"))],
    ),
    "norm": Section(
        "Gradient norm",
        "Seconds of an epoch whose log has the norm of the gradients, by those of an epoch without "
        "it; two models take turns in one process, an epoch each.",
        [Program(["benchmarks.gradient_norm_cost"], _takes("rows", "backends", rounds="--epochs"))],
    ),
    "data": Section(
        "Data",
        "What happens to data before training, by the number of rows: time a row and memory, the "
        "tokenizer beside the Rust library alone, and the order of an epoch computed at once and a "
        "pool at a time.",
        [
            Program(["benchmarks.data_scale", "--plot", PLOT], _takes("rows")),
            Program(["benchmarks.tokenizing_speed"], _takes("rows", rounds="--turns")),
            Program(["benchmarks.epoch_order"], _takes("rows")),
        ],
        image=PLOT,
    ),
    "memory": Section(
        "Memory",
        "The most memory that a training's process holds, with and without gradient checkpointing, "
        "beside the Hugging Face Trainer's; `loaded` is what it held before the first step, "
        "frameworks included, and `training` the difference.",
        [Program(["benchmarks.memory"], _takes("rows", "data", "backends", "precisions", "peers"))],
    ),
    "scaling": Section(
        "Measured, and what follows",
        "A step of each model is timed, on a processor in computed seconds over its cores, its "
        "weights are counted, and the rest follows by the formula above, for this machine and for "
        "devices 100 times as fast.",
        [Program(["benchmarks.scaling"])],
        on_request=True,
        document="scaling.md",
    ),
}
