"""`kbert plan --devices`: how more devices change a plan, for both ways to set its batch."""

import json
import shlex

import pytest

from kbert.cli.main import main

# 25,000 rows: 782 batches of 32, 98 of 256, 13 of 2,048, three times each. A tenth is warmup. By
# the square-root rule the rate is 5e-5 * sqrt(8) = 1.4e-4 and 5e-5 * 8.
TABLE = """\
Given as --batch-size 32:
  devices  batch  on each  padding  updates  warmup  peak rate  by the rule  findings
        1     32       32        0    2,346     234      5e-05        5e-05  -
        8     32        4        0    2,346     234      5e-05        5e-05  -
       64     32        1       32    2,346     234      5e-05        5e-05  devices-idle

Given as --batch-size-per-device 32:
  devices  batch  on each  padding  updates  warmup  peak rate  by the rule  findings
        1     32       32        0    2,346     234      5e-05        5e-05  -
        8    256       32        0      294      29      5e-05      0.00014  batch-times-devices
       64  2,048       32        0       39       3      5e-05       0.0004  too-few-updates, \
batch-times-devices
"""


@pytest.fixture
def kbert(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def kbert(*arguments):
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return kbert


def test_both_ways_to_set_the_batch_are_shown(kbert):
    status, out, err = kbert("plan", "--examples", "25000", "--devices", "1,8, 64")
    assert (status, err) == (0, "")
    assert TABLE in out
    last = out.splitlines()[-1]
    command = shlex.split(last.partition(": ")[2])
    status, out, _ = kbert(*command[command.index("plan") :])
    assert (status, "batch-times-devices" in out, "64 devices: 32 rows" in out) == (0, True, True)


def test_the_rows_of_a_file_are_counted(kbert, tmp_path):
    rows = "".join(f"A story of {i} friends.,{'good' if i % 2 else 'bad'}\n" for i in range(400))
    (tmp_path / "reviews.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    status, out, _ = kbert("plan", "reviews.csv", "--devices", "1,2", "--dev-proportion", "0")
    assert status == 0
    of_file, line, *_ = out.splitlines()
    assert of_file.startswith("reviews.csv: 400 rows; ")
    assert line.startswith("400 examples, 3 epochs, peak rate 5e-05: the same batch")
    assert "        1     32       32        0       39       3" in out  # 13 batches, three times
    assert "reviews.csv" in out.splitlines()[-1]


@pytest.mark.parametrize("devices", ["1", "1,2"])
def test_json_has_the_sets_of_the_file(devices, kbert, tmp_path):
    rows = "".join(f"A story of {i} friends.,{'good' if i % 2 else 'bad'}\n" for i in range(400))
    (tmp_path / "reviews.csv").write_text(f"text,label\n,good\n{rows}", encoding="utf-8")
    skip = ("--on-bad-row", "skip", "--json")
    status, out, _ = kbert("plan", "reviews.csv", "--devices", devices, *skip)
    record = json.loads(out)
    assert status == 0
    assert record["sets"] == {
        "train": {"rows": 360, "skipped": 1},
        "dev": {"rows": 40, "skipped": 0},
    }
    assert [finding["code"] for finding in record["data_findings"]] == ["dev-small"]


def test_json_has_every_finding(kbert):
    status, out, _ = kbert(
        *("plan", "--examples", "25000", "--devices", "8", "--json", "--batch-size", "50"),
    )
    one = json.loads(out)
    assert (status, one["devices"], one["rows_per_device"], one["padding_rows"]) == (0, 8, 7, 6)
    assert [finding["code"] for finding in one["findings"]] == [
        "batch-uneven",
        "few-rows-per-device",
    ]
    _, out, _ = kbert(
        "plan", "--examples", "1000", "--devices", "1,64", "--json", "--recipe=google"
    )
    plans = json.loads(out)["plans"]
    assert [(plan["setting"], plan["devices"]) for plan in plans] == [
        *(("batch_size", 1), ("batch_size", 64)),
        *(("batch_size_per_device", 1), ("batch_size_per_device", 64)),
    ]
    assert plans[1]["updates"] == plans[0]["updates"] == 93
    assert "do not fill a batch of 2,048" in plans[3]["refused"]


def test_an_update_size_keeps_the_number_of_updates(kbert):
    _, out, _ = kbert(
        *("plan", "--examples", "6400", "--devices", "1,2,8", "--batch-size", "8"),
        *("--update-size", "32", "--json"),
    )
    plans = json.loads(out)["plans"]
    assert {plan["updates"] for plan in plans[:5]} == {600}
    assert [plan["learning_rate_by_rule"] for plan in plans[:5]] == [5e-5] * 5
    assert "must be a multiple of the 64 rows of a batch" in plans[5]["refused"]


def test_the_status_is_2_if_no_number_of_devices_works(kbert):
    assert kbert("plan", "--examples", "100", "--epochs", "1", "--devices", "1,2")[0] == 2
    assert kbert("plan", "--examples", "400", "--epochs", "1", "--devices", "1,64")[0] == 0
    assert kbert("plan", "--examples", "400", "--devices", "64", "--batch-size", "400")[0] == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--devices 0", "--devices must be a whole number, 1 or more. Received: 0"),
        ("--devices 1,-8", "or several separated by commas. Received: '1,-8'. Cure: --dev"),
        ("--devices 1,,8", "Received: '1,,8'"),
        ("--devices 8.0", "Received: '8.0'"),
        ("--devices １,８", "Received: '１,８'"),
        ("--devices all", "is known only on the machine that trains: for a plan, give the number."),
        ("--devices 9999999999", "--devices must be at most 1,000,000,000"),
        ("--devices 1,8 --plot plan.png", "--plot draws one plan: name one number of --devices."),
        ("--devices 8 --batch-size auto", "--batch-size auto tries batches on one device only"),
        ("--devices 1,8 --batch-size auto", "--batch-size auto tries batches on one device only"),
    ],
)
def test_invalid_numbers_of_devices_are_refused(flags, message, kbert):
    status, out, err = kbert("plan", "--examples", "1000", *flags.split())
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_steps_are_timed_on_one_device(kbert):
    status, _, err = kbert("plan", "reviews.csv", "--devices", "8", "--time")
    assert (status, err) == (
        2,
        "kbert: --time times the steps of one device: leave out --devices.\n",
    )


@pytest.mark.parametrize("flag", ["--batch-size=4", "--batch-size-per-device=4"])
@pytest.mark.parametrize("setting", ["batch_size", "batch_size_per_device"])
def test_a_flag_replaces_either_batch_setting_of_a_file(flag, setting, kbert, tmp_path):
    (tmp_path / "all.toml").write_text(f'data = "none.csv"\n{setting} = 64\n')
    _, _, err = kbert("train", "--config", "all.toml", flag)
    assert "There is no file none.csv" in err  # and no complaint about two sizes
