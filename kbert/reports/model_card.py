"""The card of a run's model, in Hugging Face's format: what it is, and what is known about it."""

import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from kbert.findings import Call, PythonWords, speaking
from kbert.interop.pretraining_run import PRETRAINING
from kbert.results.baselines import Baselines
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.scores import score_name
from kbert.utils.markdown import markdown_text, yaml_text
from kbert.utils.wording import count_noun

_BASES = {"minilm": "sentence-transformers/all-MiniLM-L6-v2"}
"""The models of Hugging Face whose weights kbert's own presets have."""
_METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "f1",
    "mcc": "matthews_correlation",
    "pearson": "pearsonr",
    "spearman": "spearmanr",
    "mae": "mae",
}
"""The names that Hugging Face has for scores."""
_PLACES = ("data", "dev", "test", "output", "preset", "parent")  # which may name a user's folders
_MOST_CLASSES = 100


@dataclass(frozen=True)
class ModelCard:
    """The card of a run's model. It contains what the run has recorded, and nothing else.

    Args:
        name: str. What to call the model.
        record: dict. The run's run.json.
        settings: str. Its config.toml.
        history: EvaluationHistory. Its evaluations.
        baselines: Baselines or None. What fine-tuning has to beat.

    Source: https://huggingface.co/docs/hub/model-cards
    """

    name: str
    record: Mapping[str, Any]
    settings: str
    history: EvaluationHistory
    baselines: Baselines | None

    def front_matter(self, library: str | None = None) -> str:
        """Return the part of the card that programs read: YAML between lines of dashes.

        Args:
            library: str or None. The library that reads the model. Defaults to None: none is named.
        """
        lines = [f"library_name: {library}"] if library else []
        base = _base_model(self._settings)
        if base is not None:
            lines.append(f"base_model: {yaml_text(base)}")
        lines += ["pipeline_tag: text-classification", "tags:", "- kbert", "- bert"]
        best = self.history.best
        if best is not None:
            lines += self._results(best)
        return "\n".join(["---", *lines, "---", ""])

    def _results(self, best: EvaluationRecord) -> Iterator[str]:
        set_name, scores = next(iter(best.scores.items()))
        known = {
            _METRICS[name]: getattr(scores, name) for name in _METRICS if name in scores.monitors
        }
        if not known:
            return
        data = self.record.get("data", {}).get(set_name, {})
        source = PurePath(str(data.get("source", set_name))).name
        yield "metrics:"
        yield from (f"- {name}" for name in known)
        yield "model-index:"
        yield f"- name: {yaml_text(self.name)}"
        yield "  results:"
        yield "  - task:"
        yield "      type: text-classification"
        yield "    dataset:"
        yield f"      name: {yaml_text(source)}"
        yield f"      type: {yaml_text(source)}"
        yield f"      split: {yaml_text(set_name)}"
        yield "    metrics:"
        for name, value in known.items():
            yield f"    - type: {name}"
            yield f"      value: {value:.6f}"

    def sections(self) -> str:
        """Return the part of the card that people read, below its title."""
        parts = (self._use(), self._data(), self._scores(), self._limits(), self._made())
        return "\n".join(part for part in parts if part)

    def text(self) -> str:
        """Return the whole card of the model in its run."""
        return f"""{self.front_matter()}
# {markdown_text(self.name)}

{self.sections()}
## How to use it

```python
from kbert import Predictor

Predictor.load("RUN").predict(["A text to classify."])
```

RUN is the path of the run. {self._export()}
"""

    def _export(self) -> str:
        """Return how to use the model without kbert, for what its head reads."""
        reads_mean = self._settings.get("pooling") == "mean"
        name = "onnx" if reads_mean else "huggingface"
        with speaking(PythonWords()):
            export = str(Call("export", "RUN", format=name, output="FOLDER"))
        if reads_mean:
            return (
                f"`{export}` writes a program that needs no kbert. The head\n"
                "reads the mean of the tokens, so transformers cannot hold it."
            )
        return f"`{export}` writes the model for\ntransformers, with this card."

    @property
    def _settings(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.settings)
        except tomllib.TOMLDecodeError:
            return {}

    def _use(self) -> str:
        labels = [str(label) for label in self.record.get("labels", [])]
        kind = self._settings.get("target", "single")
        what = {
            "multi": "It says which of these labels a text has: several, one or none.",
            "regression": "It predicts numbers for a text, each in the unit of its column:",
        }.get(kind, "It says to which of these classes a text belongs:")
        if self.record.get("text_pairs"):
            what = what.replace("a text", "a pair of texts")
        shown = [f"- {markdown_text(label)}" for label in labels[:_MOST_CLASSES]]
        if len(labels) > _MOST_CLASSES:
            shown.append(f"- and {len(labels) - _MOST_CLASSES:,} more")
        note = "It is meant for texts like those it was trained on, see below."
        return "\n".join(["## Intended use", "", what, "", *shown, "", note, ""])

    def _data(self) -> str:
        rows = ["| set | file | rows | left out |", "|---|---|---|---|"]
        for name, data in self.record.get("data", {}).items():
            source = PurePath(str(data.get("source", ""))).name
            counts = f"{data.get('rows', 0):,} | {data.get('skipped', 0):,}"
            rows.append(f"| {markdown_text(name)} | {markdown_text(source)} | {counts} |")
        return "\n".join(["## Data", "", *rows, ""])

    def _scores(self) -> str:
        best = self.history.best
        if best is None:
            return "## Results\n\nThe model was not evaluated.\n"
        set_name, scores = next(iter(best.scores.items()))
        names = scores.monitors
        lines = [
            f"On the {count_noun(scores.rows, 'row')} of {markdown_text(set_name)}, {best.when}:",
            "",
            f"| model | {' | '.join(score_name(name) for name in names)} |",
            "|---" * (1 + len(names)) + "|",
        ]
        models = [("this model", scores)]
        found = () if self.baselines is None else self.baselines.found
        models += [(one.shown_name, one.evaluation) for one in found]
        for model, of_model in models:
            values = " | ".join(f"{float(getattr(of_model, name)):.4f}" for name in names)
            lines.append(f"| {model} | {values} |")
        lines.append("")
        classes = getattr(scores, "classes", ())
        if classes:
            lines += ["| class | precision | recall | F1 | rows |", "|---|---|---|---|---|"]
        for one in classes[:_MOST_CLASSES]:
            numbers = f"{one.precision:.4f} | {one.recall:.4f} | {one.f1:.4f} | {one.rows:,}"
            lines.append(f"| {markdown_text(one.label)} | {numbers} |")
        return "\n".join(["## Results", "", *lines, ""])

    def _limits(self) -> str:
        lines = []
        best = self.history.best
        if best is not None:
            name = markdown_text(next(iter(best.scores)))
            lines.append(f"- The results hold for rows like those of {name}, and for no others.")
        if len(self.history.records) > 1:
            lines.append(
                f"- Of {len(self.history.records)} evaluations on these rows the best was kept, so "
                "that its scores are a little too good."
            )
        for finding in self.record.get("findings", []):
            if finding.get("severity") in ("error", "warning"):
                lines.append(f"- {markdown_text(str(finding.get('message', '')))}")
        return "\n".join(["## Limitations", "", *lines, ""]) if lines else ""

    def _made(self) -> str:
        settings = self._settings
        lines = self.settings.splitlines()
        kept = [line for line in lines if line.split("=")[0].strip() not in _PLACES]
        # Only the first line of a value in several lines would be left out.
        is_plain = all("\n" not in str(settings.get(name, "")) for name in _PLACES)
        shown = textwrap.indent("\n".join(kept), "    ") if is_plain and settings else ""
        preset = markdown_text(PurePath(str(settings.get("preset", ""))).name)
        begun = f"Fine-tuned from the preset {preset}, with" if preset else "Fine-tuned with"
        versions = self.record.get("versions", {})
        backend = self.record.get("backend", "")
        used = [f"kbert {versions.get('kbert')}", f"Keras {versions.get('keras')}"]
        used.append(f"{backend} {versions.get(backend) or ''}")
        parts = ["## How it was made", "", f"{begun} {markdown_text(', '.join(used))}.", ""]
        if shown:
            parts += ["The settings of the run:", "", shown, ""]
        return "\n".join(parts)


def is_for_card(record: Mapping[str, Any]) -> bool:
    """Whether a run's run.json records enough about a classifier for a card."""
    return bool(record.get("labels")) and record.get("kind") != PRETRAINING


def _base_model(settings: Mapping[str, Any]) -> str | None:
    """Return the Hugging Face model that a run started from, if its settings name it."""
    preset = str(settings.get("preset", ""))
    if settings.get("weights") == "random" or settings.get("parent"):
        return None
    return _BASES.get(preset, preset.removeprefix("hf://") if preset.startswith("hf://") else None)
