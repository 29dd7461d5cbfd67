"""The command line's program, to which each verb adds itself."""

import functools
import inspect
import traceback
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.help import ColumnSpec, DefaultFormatter, NameRenderer
from cyclopts.help.specs import get_default_parameter_columns

from kbert import __version__
from kbert.cli.options import MACHINE, Switch
from kbert.cli.read_flags import check_mistyped_flags, check_whole_numbers, read_settings_file
from kbert.cli.unused_flags import check_unused_flags
from kbert.errors import KbertError
from kbert.findings import Finding
from kbert.utils.say import say, verbosity

app = App(
    name="kbert",
    help="Fine-tune BERT classifiers: no run is ever silently wasted.",
    version=__version__,
    help_format="plaintext",
    result_action="return_value",
    print_error=False,  # `main` says in its own words what the parser refuses
    exit_on_error=False,
    suppress_keyboard_interrupt=False,  # `main` says what a stopped run has left
)
app.config = (
    read_settings_file,
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
_SPEAKING = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=hint)
    for name, hint in (("quiet", _QUIET), ("verbose", _VERBOSE))
]

# The order of --help.
VERBS = (
    *("demo", "inspect", "plan", "pretrain", "train", "resume", "continue", "evaluate", "predict"),
    *("report", "errors", "explain", "import", "export", "presets"),
)


def _columns(console: Any, options: Any, entries: Any) -> tuple[ColumnSpec, ...]:
    """Return the columns of a table of flags; the longest flag and its type fit in one line."""
    *mark, _, description = get_default_parameter_columns(console, options, entries)
    width = len("--gradient-accumulation-steps INT")
    names = ColumnSpec(NameRenderer(width), "Option", style="cyclopts.name", max_width=width)
    return (*mark, names, description)


def verb(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that makes a function a verb, which takes -q and -v too."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*arguments: Any, quiet: bool = False, verbose: bool = False, **flags: Any) -> Any:
            with verbosity(0 if quiet else 2 if verbose else 1):
                try:
                    return function(*arguments, **flags)
                except (KbertError, OSError) as error:
                    if verbose:
                        cause = error.__cause__ or error.__context__ or error
                        say("".join(traceback.format_exception(cause)).rstrip(), to="stderr")
                    raise

        run.__doc__ = _with_whole_paragraphs(inspect.getdoc(function) or "")
        signature = inspect.signature(function, eval_str=True)
        parameters = [*signature.parameters.values(), *_SPEAKING]
        vars(run)["__signature__"] = signature.replace(parameters=parameters)
        app.command(
            run,
            name=name,
            sort_key=VERBS.index(name),
            help_formatter=DefaultFormatter(column_specs=_columns),
        )
        return function

    return add


def _with_whole_paragraphs(docstring: str) -> str:
    """Return a docstring with each paragraph in one line, which --help breaks where it must."""
    lines: list[str] = []
    for line in docstring.splitlines():
        indent = len(line) - len(line.lstrip())
        before = lines[-1] if lines else ""
        goes_on = line.strip() and before.strip() and before.startswith(" ") == (indent > 0)
        in_parameters = any(line.startswith("---") for line in lines) or line.startswith("---")
        if goes_on and (indent > 0 or not in_parameters):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 2 when there is an error among the findings, else 0."""
    return 2 if any(finding.severity == "error" for finding in findings) else 0
