"""What the facts about a data set mean for a training."""

from collections import defaultdict

from kbert.data.inspection.class_order import SHUFFLE_BUFFER
from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.shuffle_buffer import recommend_shuffle_buffer
from kbert.data.reading.examples import Examples
from kbert.data.reading.labels import bare_label
from kbert.findings import Cure, Finding
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.wording import count_noun

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
                    "{shared:,} of the {rows:,} rows of {name} ({shared2:.1%}) stand in the "
                    "training set too, so a model that has learned them by heart scores well.",
                    Cure(
                        note="take these rows out of one of the two files, or leave --{name} out",
                        values={"name": name},
                    ),
                    {"shared": shared, "rows": rows, "name": name, "shared2": shared / rows},
                )
            )
        if name == "dev" and 0 < rows < _FEW_DEV_ROWS:
            findings.append(
                Finding(
                    "dev-small",
                    "warning",
                    "dev has {rows}: one of them is {value:.1%} of its accuracy, which chance "
                    "alone moves by {value2:.0%} and more.",
                    Cure(note="a larger share, --dev-proportion 0.3, or a larger file, --dev FILE"),
                    {
                        "rows": count_noun(rows, "row"),
                        "value": 1 / rows,
                        "value2": 0.98 / rows**0.5,
                    },
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
            "{rows} cannot be used, the first: row {number}: {reason}.",
            Cure(note="correct them, or leave them out: --on-bad-row skip"),
            {
                "rows": count_noun(len(examples.skipped), "row"),
                "number": first.number,
                "reason": first.reason,
            },
        )
    ]


def _labels(facts: Inspection) -> list[Finding]:
    findings = []
    variants = defaultdict(list)
    for name in facts.classes:
        variants[bare_label(name)].append(name)
    same = [names for names in variants.values() if len(names) > 1]
    if same:
        shown = [f"{name!r} ({count_noun(facts.classes[name], 'row')})" for name in same[0]]
        findings.append(
            Finding(
                "label-variants",
                "error",
                "Labels differ only in case or blanks and would be classes of their own: "
                "{shown}{value}",
                Cure(note="write the label the same way in every row"),
                {
                    "shown": " and ".join(shown),
                    "value": f", and {count_noun(len(same) - 1, 'other group')}."
                    if len(same) > 1
                    else ".",
                },
            )
        )
    if facts.majority is not None and facts.majority > 0.9:
        largest = next(iter(facts.classes))
        findings.append(
            Finding(
                "imbalance",
                "warning",
                "{majority:.1%} of the rows are of the class {largest!r}: accuracy "
                "{majority:.3f} means that nothing was learned.",
                Cure(note="--monitor macro_f1"),
                {"majority": facts.majority, "largest": largest},
            )
        )
    rare = [(name, rows) for name, rows in facts.classes.items() if rows < _FEW_ROWS]
    if rare:
        name, rows = rare[-1]
        findings.append(
            Finding(
                "rare-class",
                "warning",
                "{rare} of {classes} classes {value} fewer than {_few_rows} rows ({name!r}: "
                "{rows}): they can hardly be learned, and their scores are chance.",
                Cure(note="add rows of these classes, or join them with others"),
                {
                    "rare": len(rare),
                    "classes": len(facts.classes),
                    "value": "have" if len(rare) > 1 else "has",
                    "_few_rows": _FEW_ROWS,
                    "name": name,
                    "rows": rows,
                },
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
                "{rows} ({repeated:.1%}) with the text of an earlier one: they count twice in "
                "training, and a random split puts some into both sets.",
                Cure(note="take them out, or measure on a file without them: --dev FILE"),
                {"rows": count_noun(same.repeated, "row"), "repeated": same.repeated / facts.rows},
            )
        )
    if same.conflict is not None:
        first, second = same.conflict
        findings.append(
            Finding(
                "conflicting-labels",
                "warning",
                "{conflicting:,} rows have a text that stands there with another label too, "
                "such as rows {first:,} and {second:,}; no model can get them all right.",
                Cure(note="decide for one label each"),
                {"conflicting": same.conflicting, "first": first, "second": second},
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
                "The rows {how}: {runs:,} runs of one class, where a random order has "
                "{expected_runs:,.0f}. Of {classes} classes a batch of 32 holds "
                "{batch_classes:.1f} as they stand, {batch_classes_buffered:.1f} through a "
                "shuffle buffer of {shuffle_buffer}, and {batch_classes_by_chance:.1f} in a "
                "random order.",
                Cure(
                    note="kbert train, which permutes all rows; elsewhere .shuffle({buffer})",
                    values={"buffer": buffer},
                ),
                {
                    "how": how,
                    "runs": order.runs,
                    "expected_runs": order.expected_runs,
                    "classes": order.classes,
                    "batch_classes": order.batch_classes,
                    "batch_classes_buffered": order.batch_classes_buffered,
                    "shuffle_buffer": SHUFFLE_BUFFER,
                    "batch_classes_by_chance": order.batch_classes_by_chance,
                },
            )
        )
    if order.tail_lacks_classes:
        findings.append(
            Finding(
                "tail-split",
                "warning",
                "The last tenth of the rows holds {tail_classes} of {classes} classes (a "
                "random tenth {expected_tail_classes:.0f}): validation_split would measure "
                "these alone.",
                Cure(
                    note="examples.split(dev=0.1), as kbert train does: every class in proportion"
                ),
                {
                    "tail_classes": order.tail_classes,
                    "classes": order.classes,
                    "expected_tail_classes": order.expected_tail_classes,
                },
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
                "{cut:.0%} of the texts have more than {max_length} tokens, and their ends are "
                "not read (the longest has {quantiles:,}).",
                Cure({"max_length": fits})
                if fits
                else Cure(note="cut the texts where it matters least"),
                {"cut": cut, "max_length": max_length, "quantiles": lengths.quantiles[-1]},
            )
        )
    if lengths.unknown > 0.02 and lengths.unknown_otherwise < 0.5 * lengths.unknown:
        does = "lower-cases" if tokenizer.lowercase else "keeps capital letters"
        findings.append(
            Finding(
                "wrong-casing",
                "warning",
                "{unknown:.1%} of the tokens are [UNK], and otherwise {unknown_otherwise:.1%} "
                "would be: the tokenizer {does} and its vocabulary does not.",
                Cure(
                    note='"do_lower_case": {value} in the tokenizer_config.json of the preset',
                    values={"value": "false" if tokenizer.lowercase else "true"},
                ),
                {
                    "unknown": lengths.unknown,
                    "unknown_otherwise": lengths.unknown_otherwise,
                    "does": does,
                },
            )
        )
    elif lengths.unknown > 0.02:
        script = next(iter(facts.scripts), "LATIN")
        findings.append(
            Finding(
                "unknown-tokens",
                "warning",
                "{unknown:.1%} of the tokens are [UNK]: the vocabulary does not know what "
                "these texts ({script} letters) are made of.",
                Cure({"preset": "bert_base_zh" if script == "CJK" else "bert_base_multi"}),
                {"unknown": lengths.unknown, "script": script},
            )
        )
    return findings
