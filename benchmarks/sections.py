"""The sections of docs/benchmarks.md and other documents that programs measure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.seeds import from_log

PLOT = "images/data-scale.png"  # beside the document
DATA = "DATA.csv"
# What replaces a path of this machine in the document.
HIDDEN = {"peers": "PYTHON", "before": "DIR"}
_PLACES = {DATA: "csv", PLOT: "plot"}  # arguments that an option's value replaces
_SAME = {name: f"--{name}" for name in ("rows", "rounds", "data", "backends", "precisions")}


@dataclass(frozen=True)
class Program:
    """A program whose output is a part of a section.

    Args:
        arguments: sequence of str. What follows `python -m`: the module and its own flags.
        takes: dict. The program's flag for each option of the report that it takes.
        fenced: bool. Whether its output is not Markdown. Defaults to False.
        read: function that turns its output, or an earlier log, into the text of the section.
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
        """Return its output as Markdown."""
        read = self.read(output).strip()
        return f"```text\n{read}\n```" if self.fenced else read


@dataclass(frozen=True)
class Section:
    """A section of the document.

    Args:
        heading: str.
        compared: str. What is compared, and how.
        programs: sequence of Program.
        image: str or None. A plot that they draw, next to the document. Defaults to None.
        on_request: bool. Whether it is measured only if it is named. Defaults to False.
        document: str or None. The file in docs/ that has this section, and is otherwise written
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
        "kbert, the Hugging Face Trainer with the best settings known for it, and keras-hub's own "
        "`fit` fine-tune MiniLM on film reviews. Each runs in a separate process, and they take "
        "turns. The limit is the machine's own matrix product.",
        [
            Program(
                ["benchmarks.training_table"],
                _takes("rows", "rounds", "data", "backends", "precisions", "peers"),
            )
        ],
    ),
    "gpu": Section(
        "Training speed on a GPU",
        "The same on a GPU: kbert on each backend that sees it, and the Hugging Face Trainer.",
        [Program(["benchmarks.gpu"], _takes("rows", "rounds", "data", "precisions", "peers"))],
        on_request=True,
    ),
    "changes": Section(
        "What each technique brings",
        "kbert trains with one technique switched off at a time, in turn with all of them on; the "
        "ratio is the median over the rounds.",
        [
            Program(
                ["benchmarks.changes"],
                _takes("rows", "rounds", "data", "backends", "precisions", "before"),
            )
        ],
    ),
    "profile": Section(
        "Where a step's time goes",
        "Each backend's own profiler attributes the operations of a MiniLM step, gradients "
        "included, to the parts of the model that they compute, with and without the techniques "
        "that make training faster. Where TensorFlow computes a product, its bias and GELU in one "
        "kernel, as it does in prediction, all of it counts as GELU.",
        [Program(["benchmarks.step_profile"], _takes("rows", "data", "backends", "precisions"))],
    ),
    "exactness": Section(
        "Exactness",
        "What kbert computes in a faster way is compared with the plain way on each backend, "
        "without dropout. The backends are compared with one another and with transformers. Each "
        "number is the greatest absolute difference.",
        [
            Program(["benchmarks.exactness"], _takes("rows", "backends")),
            Program(["tests.parity.table"], fenced=True),
        ],
    ),
    "accuracy": Section(
        "Accuracy",
        "The same runs with several seeds, with and without the settings that make training "
        "faster. A difference within twice its standard error may be due to chance.",
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
        "The evaluation inside `fit` is compared with a prediction loop over the same batches, "
        "ready in memory, and the compilations of the evaluation are counted.",
        [Program(["benchmarks.evaluation_cost"], _takes("rows", "data", "backends"))],
    ),
    "prediction": Section(
        "Prediction speed",
        "Texts in, probabilities out: kbert, compared with transformers' pipeline and with a loop "
        "that a careful user would write, each of the two at its best batch size. All take turns.",
        [
            Program(
                ["benchmarks.prediction_speed"],
                _takes("rows", "rounds", "data", "backends", "peers"),
            )
        ],
    ),
    "serving": Section(
        "Serving under load",
        "Clients on the same machine each send one text, wait for the answer and send the next. "
        "The servers take turns: `kbert serve`, the app of docs/serving.md, which calls "
        "`Predictor` for each request, and transformers' pipeline in a similar app.",
        [Program(["benchmarks.serving_load"], _takes("rounds", "backends", "peers"))],
    ),
    "start": Section(
        "Start",
        "Seconds from the start of `kbert train` to its first finished step and to its end, with "
        "empty caches and then with full ones, and the seconds of `import kbert` and "
        "`kbert --help`.",
        [Program(["benchmarks.start_up"], _takes("rows", "rounds", "backends"))],
    ),
    "report": Section(
        "Report",
        "Seconds of `kbert report`, from the start of its process, and the size of the page.",
        [Program(["benchmarks.report_speed"], _takes("rows", "rounds"))],
    ),
    "norm": Section(
        "Gradient norm",
        "The seconds of an epoch that logs the gradient norm, divided by those of an epoch without "
        "it. Two models take turns in one process, one epoch each.",
        [Program(["benchmarks.gradient_norm_cost"], _takes("rows", "backends", rounds="--epochs"))],
    ),
    "data": Section(
        "Data",
        "What happens to data before training, by number of rows: time per row and memory; the "
        "tokenizer compared with the Rust library alone; and the order of an epoch, computed at "
        "once and a pool at a time.",
        [
            Program(["benchmarks.data_scale", "--plot", PLOT], _takes("rows")),
            Program(["benchmarks.tokenizing_speed"], _takes("rows", rounds="--turns")),
            Program(["benchmarks.epoch_order"], _takes("rows")),
        ],
        image=PLOT,
    ),
    "memory": Section(
        "Memory",
        "The peak memory of a training process, with and without gradient checkpointing, compared "
        "with the Hugging Face Trainer's. `most` is the peak, `loaded` is what the process held "
        "before the first step, frameworks included, and `training` is the difference.",
        [Program(["benchmarks.memory"], _takes("rows", "data", "backends", "precisions", "peers"))],
    ),
    "scaling": Section(
        "Measured, and what follows",
        "A step of each model is timed, on a CPU as CPU time divided by the number of cores, and "
        "its weights are counted. The rest follows from the formula above, for this machine and "
        "for devices 100 times as fast.",
        [Program(["benchmarks.scaling"])],
        on_request=True,
        document="scaling.md",
    ),
}
