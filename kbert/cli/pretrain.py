"""`kbert pretrain`."""

from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import DATA, PLAN, describe, given, options
from kbert.config.pretrain_config import UNUSED, PretrainConfig
from kbert.utils.say import verbose_level

Texts = Annotated[str, Parameter(group=DATA, help=describe("data", PretrainConfig))]
PlanOnly = Annotated[bool, Parameter(name="--plan", negative="", show_default=False, group=PLAN)]
SettingsFile = Annotated[str | None, Parameter(name="--config", group=DATA)]


@options(PretrainConfig, of=PretrainConfig, without=UNUSED)
class Settings:
    """What `kbert pretrain` takes."""


@verb("pretrain")
def pretrain(
    data: Texts,
    *,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
    config: SettingsFile = None,
    plan_only: PlanOnly = False,
) -> None:
    """Pretrain a model further on unlabelled texts: it predicts words that are masked.

    Then `kbert train FILE --preset RUN` begins with its encoder.

    Parameters
    ----------
    plan_only
        Show the plan, and what is wrong with it and the texts; train nothing.
    config
        TOML file with any of these settings, such as a run's config.toml; flags override it.
    """
    pretraining = PretrainConfig(data, **given(settings))
    if plan_only:
        from kbert.runs.prepare_pretraining import plan_pretraining

        plan_pretraining(pretraining)
        return
    from kbert.backend.launch import Launch
    from kbert.cli.show_next import show_next
    from kbert.runs.on_devices import check_one_process
    from kbert.runs.pretrain import pretrain as pretrain_run

    check_one_process(joins=Launch.of() is not None)
    show_next(pretrain_run(pretraining, verbose=verbose_level()))
