"""The command-line app, in which each verb registers itself."""

import functools
import inspect
import traceback
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from cyclopts import App, Parameter

from kbert import __version__
from kbert.choices import Language
from kbert.cli.help import HelpFormatter, with_whole_paragraphs
from kbert.cli.options import MACHINE, Switch
from kbert.cli.read_flags import (
    check_mistyped_flags,
    check_whole_numbers,
    read_recipe,
    read_settings_file,
)
from kbert.cli.unused_flags import check_unused_flags
from kbert.errors import KbertError
from kbert.findings import Finding
from kbert.utils.say import say, verbosity

app = App(
    name="kbert",
    help="Fine-tune BERT classifiers: no run is ever silently wasted.",
    version=__version__,
    help_format="plaintext",
    help_formatter=HelpFormatter(),
    result_action="return_value",
    print_error=False,  # `main` words the parser's errors itself
    exit_on_error=False,
    suppress_keyboard_interrupt=False,  # `main` reports what a stopped run leaves behind
)
app.config = (
    read_recipe,  # a recipe named by a flag, before the settings of a file
    read_settings_file,
    read_recipe,  # a recipe named in the file, after its settings
    check_mistyped_flags,
    check_whole_numbers,
    check_unused_flags,
)
app.register_install_completion_command(help="Install completion for this shell, and exit.")

_QUIET = Annotated[
    Switch,
    Parameter(("--quiet", "-q"), group=MACHINE, help="Print only results and errors."),
]
_VERBOSE = Annotated[
    Switch,
    Parameter(
        ("--verbose", "-v"), group=MACHINE, help="Print more, and where an error comes from."
    ),
]
_LANGUAGE = Annotated[
    Language | None,
    Parameter(("--lang",), group=MACHINE, help="Language; by default that of the locale."),
]
_SPEAKING = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
    for name, hint, default in (
        ("quiet", _QUIET, False),
        ("verbose", _VERBOSE, False),
        ("lang", _LANGUAGE, None),  # `main` reads it before the command line is parsed
    )
]

# The order of --help.
VERBS = (
    *("demo", "inspect", "plan", "lr-find", "tokens", "pretrain", "train", "sweep", "resume"),
    *("continue", "evaluate", "predict", "serve", "report", "compare", "errors", "explain"),
    *("import", "export", "presets"),
)


def verb(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that registers a function as a verb and adds -q, -v and --lang."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(
            *arguments: Any,
            quiet: bool = False,
            verbose: bool = False,
            lang: Language | None = None,
            **flags: Any,
        ) -> Any:
            with verbosity(0 if quiet else 2 if verbose else 1):
                try:
                    return function(*arguments, **flags)
                except (KbertError, OSError) as error:
                    if verbose:
                        cause = error.__cause__ or error.__context__ or error
                        say("".join(traceback.format_exception(cause)).rstrip(), to="stderr")
                    raise

        run.__doc__ = with_whole_paragraphs(inspect.getdoc(function) or "")
        signature = inspect.signature(function, eval_str=True)
        parameters = [*signature.parameters.values(), *_SPEAKING]
        vars(run)["__signature__"] = signature.replace(parameters=parameters)
        app.command(
            run,
            name=name,
            sort_key=VERBS.index(name),
            help_formatter=HelpFormatter(),
        )
        return function

    return add


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 2 when there is an error among the findings, else 0."""
    return 2 if any(finding.severity == "error" for finding in findings) else 0
