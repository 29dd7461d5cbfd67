import re
import sys

import matplotlib
import numpy as np
import pytest

from kbert.data.inspection.shuffle_buffer import simulate_shuffle_buffer
from kbert.errors import KbertError
from kbert.plans.training_plan import TrainingPlan
from kbert.plots import plot_plan, plot_shuffle_buffers, save_plot

matplotlib.use("Agg")

PLAN = TrainingPlan(examples=3668, gradient_accumulation_steps=2)
LABELS = np.repeat([0, 1, 2], 320)


@pytest.fixture(autouse=True)
def plt():
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_plan_shows_its_rates_and_epochs():
    axes = plot_plan(PLAN)
    curve, *epochs = axes.lines
    updates, rates = curve.get_data()
    assert updates.tolist() == list(range(PLAN.num_updates + 1))
    assert rates.tolist() == PLAN.learning_rate_at(updates).tolist()
    assert [line.get_xdata()[0] for line in epochs] == [115 / 2, 115]


def test_a_long_plan_is_drawn_end_to_end_with_few_points():
    plan = TrainingPlan(examples=10_000_000, batch_size=8)
    updates = plot_plan(plan).lines[0].get_xdata()
    assert (updates[0], updates[-1]) == (0, plan.num_updates)
    assert len(updates) <= 500


def test_a_plan_is_drawn_in_given_axes(plt):
    _, axes = plt.subplots()
    assert plot_plan(PLAN, axes) is axes
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("names", [None, ("bad", "fair", "good")])
def test_each_buffer_has_a_panel(names):
    figure = plot_shuffle_buffers(LABELS, [1, 960], batch_size=32, names=names)
    assert len(figure.axes) == 2
    for panel, size in zip(figure.axes, (1, 960), strict=True):
        classes = simulate_shuffle_buffer(LABELS, size, 32).classes
        assert f"shuffle buffer of {size}: a batch contains {classes:.1f} of 3" in panel.get_title()
        assert len(panel.collections) == 3
        assert panel.get_xlim() == (0, 960 / 32 - 1)
    shown = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert shown == list(names or "012")


def test_many_classes_have_no_legend():
    figure = plot_shuffle_buffers(np.arange(40) % 11, [40], batch_size=8)
    assert figure.axes[0].get_legend() is None


def test_of_hundreds_of_classes_the_smaller_are_drawn_together():
    labels = np.concatenate([np.arange(300), np.repeat(7, 20)])
    panel = plot_shuffle_buffers(labels, [1], batch_size=8).axes[0]
    assert "of 300 classes" in panel.get_title()
    assert len(panel.collections) == 51
    assert panel.collections[-1].get_label() == "250 more"
    heights = [path.vertices[:, 1].max() for path in panel.collections[-1].get_paths()]
    assert max(heights) == pytest.approx(1)


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [("png", b"\x89PNG"), ("PNG", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")],
)
def test_plots_are_written_and_closed(suffix, begins, tmp_path, plt):
    for name, drawn in (
        ("axes", plot_plan(PLAN)),
        ("figure", plot_shuffle_buffers(LABELS, [100])),
    ):
        path = tmp_path / "new" / f"{name}.{suffix}"
        save_plot(drawn, path)
        assert path.read_bytes().startswith(begins)
    assert plt.get_fignums() == []


def test_nothing_is_overwritten(tmp_path, plt):
    (tmp_path / "plan.png").write_text("mine")
    with pytest.raises(KbertError, match=r"plan\.png already exists; kbert never overwrites files"):
        save_plot(plot_plan(PLAN), str(tmp_path / "plan.png"))
    assert (tmp_path / "plan.png").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.png"]
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", ["plan.xyz", "plan", "plan.", ".png", "plan.png.old"])
def test_an_unknown_suffix_is_refused(name, tmp_path, plt):
    with pytest.raises(
        KbertError,
        match=rf"The suffix of .*/new/{re.escape(name)} does not identify a format\. .* in \.png$",
    ):
        save_plot(plot_plan(PLAN), tmp_path / "new" / name)
    assert list(tmp_path.iterdir()) == []
    assert plt.get_fignums() == []


def test_a_figure_that_cannot_be_written_is_closed(tmp_path, plt):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(KbertError, match="file/plan.png cannot be written: Not a directory"):
        save_plot(plot_plan(PLAN), tmp_path / "file" / "plan.png")
    assert plt.get_fignums() == []


def test_without_matplotlib_the_cure_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(KbertError, match="pip install matplotlib$"):
        plot_plan(PLAN)


def test_a_file_created_meanwhile_is_kept(tmp_path, plt, monkeypatch):
    figure = plot_plan(PLAN).figure
    path, save = tmp_path / "plan.png", figure.savefig

    def slow(*arguments, **settings):
        save(*arguments, **settings)
        path.write_text("theirs")

    monkeypatch.setattr(figure, "savefig", slow)
    with pytest.raises(KbertError, match=r"plan\.png already exists; kbert never overwrites files"):
        save_plot(figure, path)
    assert path.read_text() == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.png"]
