"""The reference of Python: a page for each part of kbert, with the docstrings of its names."""

import kbert

# Each part, the rooms of kbert/ whose public names it has, and what it is about.
PARTS = {
    "Data": (
        ("data", "targets", "tokenizer"),
        "Labelled files, what is in them, tokens, and batches in an order that can be repeated.",
    ),
    "Plans and optimizers": (
        ("plans", "schedules", "optimizers", "losses"),
        "Steps, updates and learning rates, before and during training.",
    ),
    "Techniques": (
        ("techniques",),
        "What is done beside plain fine-tuning: each is a setting of `kbert train`, too.",
    ),
    "Models": (
        ("models", "linear"),
        "The classifier, the model for masked words, and the baselines to beat.",
    ),
    "Callbacks": (
        ("callbacks",),
        "For `model.fit`: of kbert's models, and most of them of any Keras model.",
    ),
    "Runs": (
        ("runs", "config", "results", "analysis", "trackers"),
        "What the command line does, as functions, and what a run is told and gives back.",
    ),
    "Prediction and export": (
        ("serving", "exports", "interop"),
        "Models of other programs, and programs that label texts without Keras.",
    ),
    "Errors and findings": (("errors", "findings"), "What kbert refuses, and what it reports."),
}


def names_by_part() -> dict[str, list[str]]:
    """Return the public names of each part, in alphabetical order.

    Raises:
        LookupError: no part has the room of a public name.
    """
    parts = {room: part for part, (rooms, _) in PARTS.items() for room in rooms}
    found: dict[str, list[str]] = {part: [] for part in PARTS}
    for name in kbert.__all__:
        room = kbert._MODULES[name].split(".")[1]
        if room not in parts:
            raise LookupError(f"PARTS in {__file__} needs a part for the room {room} of {name}")
        found[parts[room]].append(name)
    return found


def slug(part: str) -> str:
    """Return the name of the page of a part."""
    return part.lower().replace(" ", "-")


def python_pages() -> dict[str, str]:
    """Return the text of each page by its file name, in their order."""
    pages = {}
    for part, names in names_by_part().items():
        members = "\n\n".join(f"::: kbert.{name}" for name in names)
        pages[f"{slug(part)}.md"] = f"# {part}\n\n{PARTS[part][1]}\n\n{members}\n"
    pages["plots.md"] = "# Plots\n\n::: kbert.plots\n    options:\n      show_root_heading: false\n"
    return pages
