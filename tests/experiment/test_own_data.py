"""A prepared data set is an option by its name; nothing else in data_dir is read."""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from hydra.core.config_store import ConfigStore

from bam.config import extensions, own_data
from bam.config.command_line import read_command_line
from bam.data.dataset.build.option import LOAD, option_file, read_option
from bam.errors import Mistake
from bam.experiment.opened.prepared import only_prepared
from tests.conftest import ROOT, options

TABLE = ("dataset=table", "dataset.raw=a.csv", "dataset.columns={user: user, item: item}")
SENT = {"history_length": 50, "dataset": {"_target_": LOAD, "name": "sent", "folder": "data/sent"}}


@pytest.fixture(autouse=True)
def _forget_options():
    """What one program has made an option is none in the next."""
    yield
    own = ConfigStore.instance().repo.get("dataset", {})
    for name in [name for name in own if name.removesuffix(".yaml") not in options("dataset")]:
        del own[name]


@pytest.fixture
def prepare(start, tmp_path):
    """Prepare a small table."""
    (tmp_path / "a.csv").write_text("user,item\n1,1\n1,2\n1,3\n1,4\n")
    return lambda *overrides: start("prepare.py", *TABLE, *overrides)


def job(start, *overrides):
    return yaml.safe_load(start("train.py", *overrides, "--cfg", "job", "--resolve"))


def write(tmp_path, text, name="sent", group="dataset"):
    path = tmp_path / "data" / "conf" / group / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("data_dir", "folder"),
    [
        ("data_dir='{here}/my data, v1'", "my data, v1"),
        ('data_dir="{here}/it\'s"', "it's"),
        ("data_dir=${{oc.env:D}}", "of the environment"),
        ("data_dir={here}/plain", "plain"),
    ],
)
def test_data_are_found_by_the_data_dir_that_made_them(
    prepare, start, tmp_path, monkeypatch, data_dir, folder
):
    monkeypatch.setenv("D", str(tmp_path / folder))
    option = data_dir.format(here=tmp_path)
    prepare("dataset.name=mine", option)
    config = job(start, "dataset=mine", option)
    assert config["dataset"]["folder"] == str(tmp_path / folder / "mine")
    assert config["history_length"] == 50


@pytest.mark.parametrize(
    "name", ["true", "1e5", "12", "1.50", "null", "'null'", "nan", "'a b'", "2019_01"]
)
def test_a_name_that_could_not_be_chosen_is_refused(prepare, tmp_path, name):
    with pytest.raises(SystemExit, match=r"error: dataset.name must be "):
        prepare(f"dataset.name={name}")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["007", "no", "yes", "0x1f", "1.2.3", "-"])
def test_a_name_may_look_like_a_value_of_yaml(prepare, start, name):
    prepare(f"dataset.name={name}")
    assert job(start, f"dataset={name}")["dataset"]["name"] == name


@pytest.mark.parametrize("value", ["true", "1e5", "12", "null", "ml100k,5"])
def test_what_hydra_reads_as_a_value_is_no_option_of_a_group(start, value):
    with pytest.raises(SystemExit, match=r"error: dataset must be the name of an option, got "):
        start("train.py", f"dataset={value}")


@pytest.mark.parametrize("value", ["true", "1e5"])
def test_a_text_is_not_made_of_another_value(start, value):
    with pytest.raises(SystemExit, match=r"error: name must be text, got .*; quotes make text"):
        start("train.py", "dataset=planted", f"name={value}")


def test_a_data_dir_that_only_hydra_can_resolve_has_no_own_data(start):
    assert job(start, "dataset=planted", "data_dir=d${seed}", "seed=3")["data_dir"] == "d3"


@pytest.mark.parametrize("name", ["copy (1)", "größe", "a,b", "run=1", "it's", "plain space", "#"])
def test_the_project_may_lie_in_a_folder_of_any_name(prepare, start, tmp_path, monkeypatch, name):
    (tmp_path / name).mkdir()
    (tmp_path / "a.csv").replace(tmp_path / name / "a.csv")
    monkeypatch.chdir(tmp_path / name)
    prepare("dataset.name=mine")
    assert job(start, "dataset=mine")["dataset"]["folder"] == "data/mine"


def test_every_data_dir_of_a_sweep_or_an_experiment_is_read(prepare, tmp_path, monkeypatch):
    for folder in ("a", "b, c"):
        prepare(f"dataset.name=of_{folder[0]}", f"data_dir='{folder}'")
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "x.yaml").write_text("data_dir: b, c\n")
    (tmp_path / "train.yaml").write_text("data_dir: data\n")
    for module in (own_data, extensions):
        monkeypatch.setattr(module, "CONF", tmp_path)
    stored = ConfigStore.instance().repo.setdefault("dataset", {})
    for argument in ("data_dir=a,'b, c'", "experiment=x"):
        stored.pop("of_b.yaml", None)
        own_data.add_own_data_sets(read_command_line(["-m", argument]))
        assert "of_b.yaml" in stored


def test_own_data_are_listed_and_swept(prepare, start, tmp_path):
    prepare("dataset.name=mine")
    out = start("train.py", "--help")
    assert re.search(r"^  dataset .*\bmine\b.*^  split ", out, re.MULTILINE | re.DOTALL)
    start("train.py", "dataset=mine", "trainer.max_steps=0", "device=cpu", "seed=1,2",
          "hydra.sweep.dir=sweep", "-m")  # fmt: skip
    assert len(list((tmp_path / "sweep").glob("*/results.json"))) == 2


def test_another_process_has_the_own_data_too(prepare, tmp_path):
    prepare("dataset.name=mine")
    command = [sys.executable, str(ROOT / "scripts" / "train.py"), "-m", "dataset=mine",
               "hydra/launcher=local", "seed=1,2", "trainer.max_steps=0", "device=cpu",
               "hydra.sweep.dir=sweep"]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "sweep").glob("*/results.json"))) == 2


@pytest.mark.parametrize("name", ["planted", "movies", "file", "table"])
def test_the_name_of_another_data_set_is_refused_before_anything_is_made(prepare, tmp_path, name):
    other = "movies" if name == "table" else name
    with pytest.raises(SystemExit, match=r"dataset\.name must be another than that of bam's own"):
        prepare(f"dataset.name={other}")
    assert not (tmp_path / "data").exists()


def test_a_file_with_the_name_of_a_data_set_needs_another_one(start, tmp_path):
    (tmp_path / "movies.txt").write_text("1 1\n1 2\n1 3\n")
    with pytest.raises(SystemExit, match=r"dataset\.name must be another"):
        start("prepare.py", "dataset=file", "dataset.path=movies.txt")
    start("prepare.py", "dataset=file", "dataset.path=movies.txt", "dataset.name=mine")
    assert job(start, "dataset=mine")["dataset"]["name"] == "mine"


def changed(**parts):
    return {**SENT, "dataset": {**SENT["dataset"], **parts}}


@pytest.mark.parametrize(
    "content",
    [
        changed(_target_="bam.system.processes.os.system", command="touch proof"),
        changed(_target_="bam.data.dataset.file.file"),
        changed(name="other"),
        changed(name="${oc.env:HOME}"),
        changed(folder="${oc.env:HOME}"),
        changed(folder="${data_dir}/${oc.env:HOME}"),
        changed(folder=["data"]),
        changed(more=1),
        {**SENT, "history_length": "${oc.env:HOME}"},
        {**SENT, "selection": {"_target_": "os.system"}},
        {**SENT, "hydra": {"run": {"dir": "/tmp"}}},
        {**SENT, "defaults": [{"override /selection": "hard"}]},
        {"dataset": SENT["dataset"]},
        [SENT],
        "text",
        None,
    ],
)
def test_an_option_that_prepare_did_not_write_is_left_out(start, tmp_path, monkeypatch, content):
    lines = []
    monkeypatch.setattr("bam.config.own_data.log.warning", lambda text, *a: lines.append(text % a))
    path = write(tmp_path, yaml.safe_dump(content))
    with pytest.raises(SystemExit, match="dataset=sent is no option"):
        start("train.py", "dataset=sent")
    [line] = lines
    assert str(path.relative_to(tmp_path)) in line and "delete it" in line
    with pytest.raises(Mistake, match=r"must be as `bam prepare` writes it"):
        read_option(path)


@pytest.mark.parametrize(
    "text", ["a: [", "a: !!python/object/apply:os.system [x]", "x" * 20_000, "\0"]
)
def test_an_option_that_is_no_small_yaml_is_left_out(tmp_path, text):
    with pytest.raises(Mistake, match="delete it"):
        read_option(write(tmp_path, text))


def test_an_option_is_no_pipe(tmp_path):
    path = write(tmp_path, "", "other").with_name("sent.yaml")
    os.mkfifo(path)
    with pytest.raises(Mistake, match="delete it"):
        read_option(path)


def test_an_option_never_replaces_one_of_bams_own(start, tmp_path):
    write(tmp_path, yaml.safe_dump(changed(name="planted")), "planted")
    assert job(start, "dataset=planted")["dataset"]["num_users"] == 1000


def test_no_other_group_is_read_from_data_dir(start, tmp_path):
    text = "# @package _global_\nseed: 7\nselection: {_target_: os.system}\n"
    before = job(start, "dataset=planted", "backbone=remi", "selection=p")
    write(tmp_path, text, "planted_remi", "pair/dataset_backbone")
    write(tmp_path, text, "remi_p", "pair/backbone_selection")
    for group, name in (("experiment", "null"), ("selection", "p"), (".", "train")):
        write(tmp_path, text, name, group)
    assert job(start, "dataset=planted", "backbone=remi", "selection=p") == before
    write(tmp_path, text, "sent", "selection")
    with pytest.raises(SystemExit, match="selection=sent is no option"):
        start("train.py", "selection=sent")


def test_an_option_of_the_first_version_is_read_with_todays_names(tmp_path):
    text = (
        "# @package _global_\n# Prepared before: 2 users, 3 items\nhistory_length: 50\ndataset:\n"
        "  _target_: bam.dataset.store.stored\n  name: sent\n  folder: ${data_dir}/sent\n"
    )
    assert read_option(write(tmp_path, text)) == changed(folder="${data_dir}/sent")
    assert option_file(tmp_path / "data", "sent").is_file()


@pytest.mark.parametrize("name", ["a", "b"])
@pytest.mark.parametrize("now", ["data", "moved"])
def test_of_data_with_equal_numbers_and_other_ids_a_run_opens_its_own(tmp_path, name, now):
    for folder in (f"{now}/a", f"{now}/b"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "manifest.json").write_text(json.dumps({"data": "equal"}))
    node = {"_target_": LOAD, "name": name, "folder": str(tmp_path / "data" / name)}
    opened = only_prepared(node, "equal", [str(tmp_path / now)])
    assert opened["folder"] == str(tmp_path / now / name)


def test_where_none_of_several_data_is_the_runs_own_a_warning_names_them(tmp_path, caplog):
    for place, source in (("a-1", "a.txt"), ("b-1", "b.txt")):
        (tmp_path / "files" / place).mkdir(parents=True)
        manifest = json.dumps({"data": "equal", "source": source})
        (tmp_path / "files" / place / "manifest.json").write_text(manifest)
    node = {"_target_": "file", "cache": str(tmp_path / "gone"), "path": "b.txt"}
    assert only_prepared(node, "equal", [str(tmp_path)])["folder"].endswith("b-1")
    assert not caplog.messages
    only_prepared({**node, "path": "c.txt"}, "equal", [str(tmp_path)])
    assert "a-1 and" in caplog.text and "perhaps other ids" in caplog.text
