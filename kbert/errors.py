"""The one exception that kbert raises for a mistake that its user can mend."""


class KbertError(ValueError):
    """A mistake in the input, with where it is and how to mend it.

    The message says what was expected, what was received, where, and the cure. The command line
    prints it as one sentence and exits with status 2; a traceback would add nothing.
    """
