"""What the facts about a data set mean for a training."""

from collections import defaultdict

from kbert.data.inspection.class_order import SHUFFLE_BUFFER
from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.shuffle_buffer import recommend_shuffle_buffer
from kbert.data.reading.examples import Examples
from kbert.data.reading.labels import bare_label
from kbert.findings import Finding
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.wording import counted

_FEW_ROWS = 10  # of a class
_FEW_DEV_ROWS = 50


def data_findings(
    facts: Inspection, examples: Examples, tokenizer: Tokenizer | None, max_length: int
) -> list[Finding]:
    """Return what will hurt, from the facts about a data set."""
    findings = [*_bad_rows(examples), *_labels(facts), *_texts(facts)]
    if facts.order is not None:
        findings += _order(facts, examples)
    if facts.lengths is not None and tokenizer is not None:
        findings += _tokens(facts, tokenizer, max_length)
    for name, (rows, shared) in facts.overlaps.items():
        if shared:
            findings.append(
                Finding(
                    "dev-overlap",
                    "error" if shared > 0.5 * rows else "warning",
                    f"{shared:,} of the {rows:,} rows of {name} ({shared / rows:.1%}) stand in the "
                    "training set too, so a model that has learned them by heart scores well.",
                    f"take these rows out of one of the two files, or leave --{name} out",
                )
            )
        if name == "dev" and 0 < rows < _FEW_DEV_ROWS:
            findings.append(
                Finding(
                    "dev-small",
                    "warning",
                    f"dev has {counted(rows, 'row')}: one of them is {1 / rows:.1%} of its "
                    f"accuracy, which chance alone moves by {0.98 / rows**0.5:.0%} and more.",
                    "a larger share, --dev-proportion 0.3, or a larger file, --dev FILE",
                )
            )
    return findings


def _bad_rows(examples: Examples) -> list[Finding]:
    if not examples.skipped:
        return []
    first = examples.skipped[0]
    return [
        Finding(
            "bad-rows",
            "error",
            f"{counted(len(examples.skipped), 'row')} cannot be used, the first: row "
            f"{first.number}: {first.reason}.",
            "correct them, or leave them out: --on-bad-row skip",
        )
    ]


def _labels(facts: Inspection) -> list[Finding]:
    findings = []
    variants = defaultdict(list)
    for name in facts.classes:
        variants[bare_label(name)].append(name)
    same = [names for names in variants.values() if len(names) > 1]
    if same:
        shown = [f"{name!r} ({counted(facts.classes[name], 'row')})" for name in same[0]]
        findings.append(
            Finding(
                "label-variants",
                "error",
                f"Labels differ only in case or blanks and would be classes of their own: "
                f"{' and '.join(shown)}"
                + (f", and {counted(len(same) - 1, 'other group')}." if len(same) > 1 else "."),
                "write the label the same way in every row",
            )
        )
    if facts.majority is not None and facts.majority > 0.9:
        largest = next(iter(facts.classes))
        findings.append(
            Finding(
                "imbalance",
                "warning",
                f"{facts.majority:.1%} of the rows are of the class {largest!r}: accuracy "
                f"{facts.majority:.3f} means that nothing was learned.",
                "--monitor macro_f1",
            )
        )
    rare = [(name, rows) for name, rows in facts.classes.items() if rows < _FEW_ROWS]
    if rare:
        name, rows = rare[-1]
        findings.append(
            Finding(
                "rare-class",
                "warning",
                f"{len(rare)} of {len(facts.classes)} classes {'have' if len(rare) > 1 else 'has'} "
                f"fewer than {_FEW_ROWS} rows ({name!r}: {rows}): they can hardly be learned, and "
                "their scores are chance.",
                "add rows of these classes, or join them with others",
            )
        )
    return findings


def _texts(facts: Inspection) -> list[Finding]:
    findings = []
    same = facts.duplicates
    if same.repeated:
        findings.append(
            Finding(
                "duplicates",
                "warning" if same.repeated > 0.01 * facts.rows else "info",
                f"{counted(same.repeated, 'row')} ({same.repeated / facts.rows:.1%}) with the text "
                "of an earlier one: they count twice in training, and a random split puts "
                "some into both sets.",
                "take them out, or measure on a file without them: --dev FILE",
            )
        )
    if same.conflict is not None:
        first, second = same.conflict
        findings.append(
            Finding(
                "conflicting-labels",
                "warning",
                f"{same.conflicting:,} rows have a text that stands there with another label too, "
                f"such as rows {first:,} and {second:,}; no model can get them all right.",
                "decide for one label each",
            )
        )
    return findings


def _order(facts: Inspection, examples: Examples) -> list[Finding]:
    order = facts.order
    assert order is not None
    findings = []
    if order.is_sorted or order.is_clustered:
        assert examples.label_ids is not None
        buffer = recommend_shuffle_buffer(examples.label_ids)
        how = "are sorted by class" if order.is_sorted else "of a class stand together"
        findings.append(
            Finding(
                "class-sorted" if order.is_sorted else "class-clustered",
                "warning",
                f"The rows {how}: {order.runs:,} runs of one class, where a random order has "
                f"{order.expected_runs:,.0f}. Of {order.classes} classes a batch of 32 holds "
                f"{order.batch_classes:.1f} as they stand, {order.batch_classes_buffered:.1f} "
                f"through a shuffle buffer of {SHUFFLE_BUFFER}, and "
                f"{order.batch_classes_by_chance:.1f} in a random order.",
                f"kbert train, which permutes all rows; elsewhere .shuffle({buffer})",
            )
        )
    if order.tail_lacks_classes:
        findings.append(
            Finding(
                "tail-split",
                "warning",
                f"The last tenth of the rows holds {order.tail_classes} of {order.classes} classes "
                f"(a random tenth {order.expected_tail_classes:.0f}): validation_split would "
                "measure these alone.",
                "examples.split(dev=0.1), as kbert train does: every class in proportion",
            )
        )
    return findings


def _tokens(facts: Inspection, tokenizer: Tokenizer, max_length: int) -> list[Finding]:
    lengths = facts.lengths
    assert lengths is not None
    findings = []
    cut = lengths.share_cut(max_length)
    if cut > 0.05:
        longer = [n for n in (64, 128, 256, 512) if n > max_length]
        fits = next((n for n in longer if lengths.share_cut(n) <= 0.05), max(longer, default=0))
        findings.append(
            Finding(
                "texts-cut",
                "warning",
                f"{cut:.0%} of the texts have more than {max_length} tokens, and their ends are "
                f"not read (the longest has {lengths.quantiles[-1]:,}).",
                f"--max-length {fits}" if fits else "cut the texts where it matters least",
            )
        )
    if lengths.unknown > 0.02 and lengths.unknown_otherwise < 0.5 * lengths.unknown:
        does = "lower-cases" if tokenizer.lowercase else "keeps capital letters"
        findings.append(
            Finding(
                "wrong-casing",
                "warning",
                f"{lengths.unknown:.1%} of the tokens are [UNK], and otherwise "
                f"{lengths.unknown_otherwise:.1%} would be: the tokenizer {does} and its "
                "vocabulary does not.",
                f'"do_lower_case": {"false" if tokenizer.lowercase else "true"} in the '
                "tokenizer_config.json of the preset",
            )
        )
    elif lengths.unknown > 0.02:
        script = next(iter(facts.scripts), "LATIN")
        findings.append(
            Finding(
                "unknown-tokens",
                "warning",
                f"{lengths.unknown:.1%} of the tokens are [UNK]: the vocabulary does not know what "
                f"these texts ({script} letters) are made of.",
                "--preset " + ("bert_base_zh" if script == "CJK" else "bert_base_multi"),
            )
        )
    return findings
