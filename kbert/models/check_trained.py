"""Refuses an optimizer that was built for other variables than the model trains."""

from typing import Any

from kbert.backend.optimizer_internals import built_for
from kbert.errors import InputError
from kbert.findings import Cure


def check_trained(model: Any) -> None:
    """Raise InputError if what a model trains has changed since its optimizer was built.

    torch and JAX stop inside the first step then, and TensorFlow silently goes on with the step
    that it compiled before, so that the change has no effect.

    Args:
        model: keras.Model, compiled.

    Raises:
        InputError: layers have been frozen or unfrozen, or LoRA has been added, since the last fit.
    """
    known = built_for(model.optimizer)
    if known is None:
        return
    trained = model.trainable_variables
    if {id(variable) for variable in trained} == {id(variable) for variable in known}:
        return
    raise InputError(
        "What the model trains has changed since its optimizer was built: {trained} variables are "
        "trainable now, {known} were then. A fit would fail, or ignore the change.",
        trained=len(trained),
        known=len(known),
        cure=Cure(
            code="callbacks=[kbert.FreshOptimizer(plan)]",
            note="with a plan for the updates that follow",
        ),
    )
