"""Bad inputs: each ends the program with one sentence, exit code 1 and no traceback."""

import gzip
import io
import json
import os
import re
import resource
import socket
import sys
import zipfile
from contextlib import contextmanager

import polars as pl
import pytest
import yaml

from tests.experiment.planted import PLANTED
from tests.results.run_folder import CONFIG, finished_in

TRAIN = (*PLANTED, "trainer.max_steps=0", "name=a")
TABLE = ("dataset=table", "dataset.columns={user: user, item: item}", "dataset.name=mine")

# an option of train.py, and how the sentence about it begins
OPTIONS = {
    "optimizer.lr=abc": "optimizer.lr must be float, got 'abc'",
    "optimizer.lr=nan": "optimizer.lr must be a finite number, got nan",
    "optimizer.lr=inf": "optimizer.lr must be a finite number, got inf",
    "optimizer.lr=-1": "optimizer.lr must be above 0, got -1",
    "optimizer.lr=0": "optimizer.lr must be above 0, got 0",
    "selection.tau=-1": "selection.tau must be above 0, got -1",
    "selection.tau=nan": "selection.tau must be a finite number, got nan",
    "similarity.temperature=inf": "similarity.temperature must be a finite number, got inf",
    "trainer.max_steps=-1": "trainer.max_steps must be at least 0, got -1",
    "trainer.max_steps=x": "trainer.max_steps must be int, got 'x'",
    "trainer.validate_every=0": "trainer.validate_every must be at least 1, got 0",
    "trainer.patience=0": "trainer.patience must be at least 1, got 0",
    "batch_size=0": "batch_size must be at least 1, got 0",
    "batch_size=1.5": "batch_size must be int, got 1.5",
    "num_interests=0": "num_interests must be at least 1, got 0",
    "history_length=0": "history_length must be at least 1, got 0",
    "num_negatives=-1": "num_negatives must be at least 0, got -1",
    "seed=-1": "seed must be at least 0, got -1",
    "seed=text": "seed must be a number, got 'text'",
    "seed=99999999999999999999": "seed must be at most 9223372036854775807",
    "threads=-1": "threads must be at least 0, got -1",
    "threads=100000": "threads must be at most 1024, got 100000",
    "device=meta": "device must be auto, cpu or a GPU of this machine, got 'meta'",
    "device=foo": "device must be auto, cpu or a GPU of this machine, got 'foo'",
    "device=cuda:99": "device must be auto, cpu or a GPU of this machine, got 'cuda:99'",
    "precision=fp8": "precision must be fp32 or bf16, got 'fp8'",
    "backbone.widening=0": "backbone.widening must be at least 1, got 0",
    "backbone.dim=8": "backbone.dim must be dim=16, that of the experiment, got 8",
    "dim=0": "dim must be at least 1, got 0",
    "dim=100000": "a size of backbone or dim must be smaller: memory is not enough",
    "dim=10000000000000000000": "dim must be at most 2147483647",
    "num_negatives=1000000000000": "num_negatives, dim or batch_size must be smaller",
    "evaluation.users_per_block={cpu: 0, cuda: 1}": "evaluation.users_per_block must be at least 1",
    "~evaluation.users_per_block.cpu": "evaluation.users_per_block must have a number for cpu",
    "evaluation.cutoffs=[]": "metric.recall.cutoffs must be at least 1",
    "dataset.num_users=1000000000000": "dataset.num_users or num_items must be smaller",
    "dataset.num_users=0": "dataset.num_users must be at least 1, got 0",
    "dataset.seed=-1": "dataset.seed must be at least 0, got -1",
    "split.x=1": "split.x is no option; split has: no option",
    "metric=[]": "trainer.metric must be one of",
    "selection=hrd": "selection=hrd is no option; did you mean hard?",
    "loss={": "loss={ cannot be read: a comma, quote or bracket is too many or missing",
    "seed=1,": "seed=1, cannot be read: a comma, quote or bracket is too many or missing",
}
SYNTHETIC = {
    "dataset.num_interactions=1000000000000000": "dataset.num_interactions must be at most",
    "dataset.num_interactions=1": "dataset.num_interactions must be at least num_users",
    "dataset.num_items=1000000000000": "dataset.num_items must be at most",
    "dataset.spread=0": "dataset.spread must be above 0",
}


def refusal(start, *command):
    """The sentence with which the program ends; any other end fails."""
    with pytest.raises(SystemExit) as ended:
        start(*command)
    text = ended.value.code
    assert isinstance(text, str), "a sentence, so exit code 1"
    assert text.startswith("error: ") and "\n" not in text and "Traceback" not in text
    assert len(text) < 600
    return text.removeprefix("error: ")


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_that_cannot_work_is_refused_before_step_1(start, tmp_path, option):
    assert refusal(start, "train.py", *TRAIN, option).startswith(OPTIONS[option])
    assert not (tmp_path / "outputs" / "a").exists()


@pytest.mark.parametrize("option", SYNTHETIC)
def test_a_size_of_artificial_data_that_cannot_be_made_is_refused(start, option):
    sentence = refusal(start, "prepare.py", "dataset=synthetic", option)
    assert sentence.startswith(SYNTHETIC[option])


def packed(name, content, **how):
    """A zip with one file."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content, **how)
    return memory.getvalue()


def parquet(**columns):
    memory = io.BytesIO()
    pl.DataFrame(columns).write_parquet(memory)
    return memory.getvalue()


BODY = "".join(f"{user},{item}\n" for user in range(9) for item in range(9))
GOOD = "user,item\n" + BODY
ZIP, PARQUET = packed("a.csv", GOOD + BODY * 99), parquet(user=[1, 2], item=[1, 2])
ENCRYPTED = ZIP.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
# the bytes of a raw table, and what the sentence has after its path
RAW = {
    "nothing": (b"", "empty|no known format"),
    "half of a gz": (gzip.compress(GOOD.encode())[:60], "damaged"),
    "a changed gz": (gzip.compress(GOOD.encode())[:-8] + b"12345678", "damaged"),
    "a gz with a wrong block": (gzip.compress(b"")[:10] + b"\xff" * 50, "damaged"),
    "half of a zip": (ZIP[: len(ZIP) // 2], "NUL|not UTF-8|damaged"),
    "a zip with a changed byte": (ZIP[:60] + b"\xff\xff\xff" + ZIP[63:], "damaged"),
    "an encrypted zip": (ENCRYPTED, "encrypted; unpack it with its password"),
    "an empty zip": (packed("a.csv", ""), "no known format"),
    "a bomb": (
        gzip.compress(GOOD.encode() + BODY.encode() * 6_000),
        "unpacks to 200 times its size",
    ),
    "half of a Parquet": (PARQUET[: len(PARQUET) // 2], "unreadable"),
    "Parquet with lists as users": (parquet(user=[[1]], item=[1]), "must hold one user a row"),
    "Parquet with structs": (parquet(user=[{"a": 1}], item=[1]), "must hold one user a row"),
    "Parquet with bytes that are no text": (parquet(user=[b"\xff"], item=[1]), "unreadable"),
    "Parquet with no ids": (parquet(user=[None], item=[1]), "user is missing or unreadable"),
    "Parquet without the column": (parquet(user=[1]), "column item is missing"),
    "UTF-16 without its mark": (GOOD.encode("utf-16-le"), "NUL byte"),
    "bytes that are no text": (b"user,item\n1,\xff\n", "not UTF-8"),
    "a line that never ends": (b"user,item\n1," + b"2" * 5_000_000, "never ends"),
    "a list of JSON": (b'[{"user": 1}]', "must be one JSON object a line"),
    "deep JSON": (b'{"user": ' + b"[" * 100_000 + b"\n", "JSON"),
}


@pytest.mark.parametrize("kind", RAW)
def test_a_raw_file_that_cannot_be_read_is_named(start, tmp_path, monkeypatch, kind):
    monkeypatch.setattr("bam.data.dataset.read.lines.BOMB", 1 << 20)
    monkeypatch.setattr("bam.data.dataset.read.lines.LONGEST", 1 << 20)
    content, reason = RAW[kind]
    (tmp_path / "raw").write_bytes(content)
    sentence = refusal(start, "prepare.py", *TABLE, "dataset.raw=raw")
    assert sentence.startswith("raw") and re.search(reason, sentence), sentence
    assert not (tmp_path / "data" / "mine").exists()


def test_what_is_no_regular_file_is_not_read(start, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    for path in ("pipe", "socket", "/dev/zero", "nowhere"):
        sentence = refusal(start, "prepare.py", *TABLE, f"dataset.raw={path}")
        assert sentence.startswith("dataset.raw must be a file or folder that exists")
        sentence = refusal(start, "prepare.py", "dataset=file", f"dataset.path={path}")
        assert sentence.startswith("dataset.path must be a file")
    sentence = refusal(start, "evaluate.py", "checkpoint=pipe", "dataset=planted")
    assert sentence.startswith("checkpoint must be a file")
    listener.close()


LEVELS = "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 20))
BOMB = f"a0: &a0 [x]\n{LEVELS}"
MERGED = BOMB.replace("[*", "{<<: [*").replace("]\n", "]}\n").replace("[x]}", "{x: 1}")
# the text of a run's config.yaml, and why it is refused
YAML = {
    "a bomb of aliases": (BOMB, "its aliases must give at most 100,000 values"),
    "a bomb of merge keys": (MERGED, "the merge key << is not read"),
    "a tree that holds itself": ("a: &a [*a]", "its aliases must give"),
    "deep nesting": ("[" * 500 + "]" * 500, "at most 100 levels"),
    "deeper nesting": ("a: " + "[" * 200_000, "it must have at most 100 levels"),
    "a key twice": ("seed: 1\nseed: 2\n", "the key seed comes twice"),
    "a tab": ("a:\n\tb: 1\n", "cannot be read"),
    "a huge file": ("a: " + "x" * 2_000_000, "at most 1,000,000 letters"),
    "an object": ("a: !!python/object/apply:os.system [x]", "could not determine a constructor"),
    "no UTF-8": (b"a: \xff", "utf-8"),
    "no mapping": ("- 1\n- 2\n", "must be the config of a run"),
    "a newer format": ("format: 99\n", "format must be at most"),
}


@pytest.mark.parametrize("kind", YAML)
def test_yaml_that_is_damaged_or_grows_is_refused(start, tmp_path, kind):
    content, reason = YAML[kind]
    config = finished_in(tmp_path / "runs")("a") / "config.yaml"
    config.write_bytes(content if isinstance(content, bytes) else content.encode())
    for command in (("evaluate.py", "run=runs/a"), ("collect.py", "runs")):
        sentence = refusal(start, *command)
        assert re.match("runs/a/config.yaml.*" + reason, sentence), sentence
    option = tmp_path / "data" / "conf" / "dataset" / "sent.yaml"
    option.parent.mkdir(parents=True)
    option.write_bytes(config.read_bytes())
    assert "dataset=sent is no option" in refusal(start, "train.py", "dataset=sent")


@pytest.mark.parametrize("text", [BOMB, "dim: &a 1\n" + "x: " + "[" * 500, "dim: 1\ndim: 2\n"])
def test_conf_is_read_with_the_same_care(start, tmp_path, monkeypatch, text):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "train.yaml").write_text(text)
    for name in [name for name in sys.modules if name.startswith("bam.")]:
        if hasattr(sys.modules[name], "CONF"):
            monkeypatch.setattr(f"{name}.CONF", tmp_path / "conf")
    assert "train.yaml" in refusal(start, "train.py")


# a file of a finished run, what it holds instead, and why it is refused
FILES = {
    "results.json": ('{"test": {"recall@10": "x"}}', "must be the results of a run"),
    "config.yaml": ("seed: x\n", "seed must be int"),
    "metrics.jsonl": ("no json\n", "damaged"),
    "overrides.yaml": (BOMB, "aliases"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_of_a_run_is_named(start, tmp_path, name):
    content, reason = FILES[name]
    folder = finished_in(tmp_path / "runs")("a")
    if name == "overrides.yaml":
        (folder / "results.json").unlink()
    (folder / name).write_text(content)
    sentence = refusal(start, "report.py" if name == "metrics.jsonl" else "collect.py", "runs")
    assert sentence.startswith(f"runs/a/{name}") and reason in sentence


def test_a_name_that_is_too_long_is_refused(start):
    assert "the name is too long" in refusal(start, "train.py", *TRAIN, f"name={'x' * 300}")
    assert "the name is too long" in refusal(start, "train.py", *TRAIN, f"data_dir={'x' * 300}")


def test_a_file_in_the_way_of_a_folder_is_named(start, tmp_path):
    (tmp_path / "way").write_text("")
    for option in ("data_dir=way", "data_dir=way/b", "hydra.run.dir=way/c"):
        sentence = refusal(start, "train.py", *TRAIN, option)
        assert re.match(r"(.*/)?way: must be a folder, and is a file; move it away", sentence)


def test_a_folder_in_the_way_of_a_file_is_named(start, tmp_path):
    finished_in(tmp_path / "runs")("a")
    (tmp_path / "runs" / "results.md").mkdir()
    assert refusal(start, "collect.py", "runs").startswith("runs/results.md: must be a file")
    (tmp_path / "outputs" / "a" / "config.yaml").mkdir(parents=True)
    assert "config.yaml: must be a file" in refusal(start, "train.py", *TRAIN)


@contextmanager
def largest_file(size):
    """No file may become larger: the disk refuses as a full one does, on every machine."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("size", "file"),
    [(100, "config.yaml"), (5000, "resume.pt"), (36_000, "resume.pt")],
)
def test_a_disk_that_refuses_a_file_of_a_run_is_one_sentence(start, tmp_path, size, file):
    start("prepare.py", "dataset=planted")
    with largest_file(size):
        sentence = refusal(start, "train.py", *TRAIN)
    assert re.search(rf"outputs/a/{file}: the (disk is full|file is larger)", sentence), sentence
    assert not list(tmp_path.glob("outputs/a/*.partial"))
    start("train.py", *TRAIN)  # the same command goes on


@pytest.mark.parametrize("size", [0, 5000])
def test_a_disk_that_refuses_data_is_one_sentence(start, tmp_path, size):
    (tmp_path / "raw").write_text(GOOD + BODY * 99)
    with largest_file(size):
        for command in (("dataset=planted",), (*TABLE, "dataset.raw=raw")):
            sentence = refusal(start, "prepare.py", *command)
            assert re.match(r"data/\S+: the (disk is full|file is larger)", sentence), sentence
    assert not list(tmp_path.glob("data/**/*.npy"))


def test_a_disk_that_refuses_tables_and_the_report_is_one_sentence(start, tmp_path):
    finished_in(tmp_path / "runs")("a")
    with largest_file(10):
        assert refusal(start, "collect.py", "runs").startswith("runs/results.csv: the ")
        assert refusal(start, "report.py", "runs").startswith("runs/report")


def test_a_point_that_the_disk_refuses_is_recorded_and_the_sweep_goes_on(start, tmp_path):
    start("prepare.py", "dataset=planted")
    points = (*PLANTED, "trainer.max_steps=0", "dim=4,32", "hydra.sweep.dir=sweep", "-m")
    with largest_file(45_000), pytest.raises(SystemExit, match="1 of 2 points are not finished"):
        start("train.py", *points)
    [failed] = [
        found
        for path in tmp_path.glob("sweep/*/results.json")
        if (found := json.loads(path.read_text()))["status"] == "failed"
    ]
    assert re.search(r"^Mistake: .*\.(safetensors|pt): the (disk|file) is", failed["error"])


def test_a_resume_state_that_is_cut_in_half_is_named(start, tmp_path):
    start("train.py", *TRAIN)
    for file in ("results.json", "weights.safetensors"):
        (tmp_path / "outputs" / "a" / file).unlink()
    (tmp_path / "outputs" / "a" / "resume.pt").write_bytes(b"PK\x03\x04 and no more")
    sentence = refusal(start, "train.py", *TRAIN)
    assert re.search(r"outputs/a/resume\.pt: .*delete it to train from the beginning", sentence)


def test_an_error_of_the_program_itself_keeps_its_traceback(start, monkeypatch):
    monkeypatch.setattr("bam.experiment.one_run.train.run_spec", lambda cfg: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        start("train.py", *TRAIN)


def test_at_least_sixty_bad_inputs_are_tried():
    assert len(OPTIONS) + len(SYNTHETIC) + len(RAW) + len(YAML) >= 60
    assert yaml.safe_load(yaml.safe_dump(CONFIG)) == CONFIG
