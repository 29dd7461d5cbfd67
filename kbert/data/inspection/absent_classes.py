"""Classes of a model that have no rows in an evaluation."""

from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding, Message
from kbert.utils.wording import count_noun, name_list

_MAX_LISTED = 5


def absent_classes(examples: Examples) -> Finding | None:
    """Return the finding that rows to be scored lack classes or labels of the model, or None.

    Args:
        examples: Examples. With the labels of the model.
    """
    counts = examples.class_counts()
    missing = [name for name, rows in counts.items() if not rows]
    if not missing:
        return None
    one_class = examples.class_ids is not None
    return Finding(
        "class-absent",
        "info",
        "{source} has no row of {count} of the model ({names}): {each} counts as an F1 of 0 in the "
        "macro F1.",
        Cure(note="evaluate on rows of all of them, or compare another score"),
        {
            "source": examples.source,
            "count": count_noun(len(missing), "class", "classes")
            if one_class
            else count_noun(len(missing), "label"),
            "names": name_list(missing, _MAX_LISTED),
            "each": Message("it") if len(missing) == 1 else Message("each"),
        },
    )
