"""What a user mistypes is one sentence with the nearest name, before anything is shown or made."""

import subprocess
import sys

import pytest

from bam.config.checked import compose_checked
from bam.config.command_line import read_options
from bam.config.hydra_errors import CONFIG_ERRORS, without_advice
from bam.errors import Mistake
from bam.system.nearest import nearest
from tests.conftest import ROOT

# options of `bam train`, and what the sentence has
WRONG = {
    "experiment=demmo": "experiment=demmo is no option; did you mean demo? experiment has:",
    "+experiment=demmo": "did you mean demo?",
    "-m experiment=demo,demmo": "did you mean demo?",
    "backbone=rem": "backbone=rem is no option; did you mean remi? backbone has: bsarec,",
    "backbone=REMI": "did you mean remi?",
    "backbone=ComiRec-SA": "did you mean comirec_sa?",
    "backbone=p": "did you mean selection=p?",
    "selection=BaM_p": "did you mean p?",
    "loss=multi": "did you mean multi_interest?",
    "metric=[recal]": "metric=recal is no option; did you mean recall?",
    "metric=recall,ndcg": "metric must have one value, got 'recall,ndcg'; for a sweep over several "
    "write -m before the options, for a list metric=[recall,ndcg]",
    "hydra/launcher=locl": "did you mean local?",
    "pair/dataset_backbone=x": "pair/dataset_backbone has: ml1m_mind",
    "dataset=my.csv": "a file of yours is dataset=table dataset.raw=FILE dataset.name=NAME",
    "bakbone=REMI": "bakbone is no option; did you mean backbone=remi?",
    "+bakbone=remi": "did you mean backbone=remi?",
    "expriment=demo": "did you mean experiment=demo?",
    "model=remi": "did you mean backbone=remi?",
    "selection.tua=1": "did you mean selection.tau=1? selection has: tau",
    "trainer.max_step=5": "did you mean trainer.max_steps=5? trainer has: max_steps,",
    "hydra/launcher=local hydra.launcher.job=3": "did you mean hydra.launcher.jobs=3?",
    "lr=0.1": "lr is no option; did you mean optimizer.lr=0.1?",
    "tau=1": "did you mean selection.tau=1?",
    "lambda=1": "did you mean regularisation.routing.weight=1?",
    "weight=3": "regularisation.routing.weight or loss.single_interest.weight or",
    "K=3": "did you mean num_interests=3?",
    "+sede=1": "did you mean seed=1?",
    "~selction": "did you mean selection?",
    "measure=training": "measure is no group of bam train: aggregation, averaging, backbone,",
    "hidden=3": "hidden is no option; the options are: aggregation, any_code,",
    "selection=hard selection.tau=1": "selection.tau is no option with selection=hard; it is an "
    "option of selection=l, l_expected, l_published, p, p_expected",
    "-m seed=range(3,1)": "seed must have a value, got 'seed=range(3,1)'",
    "-m experiment=num_interests,remi": "a sweep must be the only one of its command, got 'num_int",
    "-m experiment=remi,num_interests": "a sweep must be the only one of its command, got 'num_int",
    "-m selection=p,hard selection.tau=1": "no option with selection=hard",
    "backbone=[mind]": "backbone must be one option, got ['mind']",
    "dataset=a**b": "dataset=a**b is no option; dataset has:",
    "-m +hydra.sweeper.params.seed=1": "an option must be below a mapping, got '+hydra.sweeper.par",
    "backbone.dropout=.1": "an option of backbone=bsarec, gru4rec, ligr, lru, sasrec, "
    "sasrec_buckets, sasrec_decay, transformer",
}
# words that are no option, and what to write
WORDS = {
    "--seed 3": "write seed=3",
    "--seed=3": "write seed=3",
    "-selection=p": "write selection=p",
    "\u2013m selection=p": "write -m",
    "--multi-run seed=1": "write --multirun",
    "seed:3": "got 'seed:3'; write seed=3",
    "seed= 3": "write seed=3",
    "seed =3": "write seed=3",
    "seed=3, 4": "write seed=3,4",
    "backbone remi": "an option must be KEY=VALUE without spaces, got 'backbone'; write backbone=",
    "backbone": "write backbone=VALUE",
    "dataset.columns={user: uid, item: sku}": "put quotes around all of it: 'dataset.columns={",
    "tests/experiment": "write run=tests/experiment",
    "--baseline selection=hard": "--baseline is no flag of this program; leave it out",
    "--baseline=selection=hard": "is no flag of this program; leave it out",
}


def options(line):
    words = line.split(" ")
    return [word for word in words if word != "-m"], "-m" in words


@pytest.mark.parametrize("line", WRONG)
def test_a_mistyped_name_is_answered_with_the_nearest(line):
    with pytest.raises(Mistake) as mistake:
        compose_checked("train", *options(line))
    assert WRONG[line] in str(mistake.value)


@pytest.mark.parametrize("line", WORDS)
def test_a_word_that_is_no_option_is_answered_with_what_to_type(line, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(Mistake) as mistake:
        read_options(line.split(" "))
    assert WORDS[line] in str(mistake.value)


def test_of_a_mapping_the_key_that_is_wrong_is_named():
    with pytest.raises(CONFIG_ERRORS) as caught:
        compose_checked("prepare", ["dataset=table", "dataset.columns={usr: uid, item: sku}"])
    sentence = str(without_advice(caught.value))
    assert sentence.startswith("dataset.columns.usr is no option; dataset.columns has: user, item")


def test_letters_beyond_ascii_are_quoted_and_the_sentence_says_so(start):
    with pytest.raises(SystemExit, match="a value with letters such as ö is quoted, 'dataset="):
        start("train.py", "dataset=müsli")


def test_a_search_shows_its_config_too(start):
    assert "selection:" in start("search.py", "--cfg", "job")


def test_flags_and_their_words_are_no_options():
    line = "-m --cfg job seed=1 --info defaults ~metric.recall --cfg=job --package trainer"
    assert read_options(line.split()) == ["seed=1", "~metric.recall"]


def test_the_folder_of_all_data_must_have_a_name(start):
    with pytest.raises(SystemExit, match="error: data_dir must be a folder, got ''"):
        start("train.py", "dataset=planted", "data_dir=")


FLAGS = {
    "train -m seed=1,2 --cfg job": "--cfg shows one run; leave out -m",
    "train --info=all --multirun seed=1,2": "--info shows one run; leave out -m",
    "train -r -m seed=1": "-r and -m exclude each other; leave out -r",
    "train --run --cfg job": "--run and --cfg exclude each other; leave out --run",
    "train --resolve": "--resolve belongs to --cfg; write --cfg job --resolve",
    "evaluate -m run=a,b": "-m is a sweep of trainings; give each option one value",
    "prepare hydra.mode=MULTIRUN": "-m is a sweep of trainings",
}


@pytest.mark.parametrize("line", FLAGS)
def test_flags_that_do_not_go_together_are_refused(start, line):
    program, *words = line.split()
    with pytest.raises(SystemExit, match=f"error: {FLAGS[line]}"):
        start(f"{program}.py", *words)


@pytest.mark.parametrize(
    ("config", "option"),
    [
        ("evaluate", "evalution=published"),
        ("prepare", "datset=ml1m"),
        ("search", "selecton=l"),
        ("bench", "mesure=training"),
    ],
)
def test_every_program_names_the_nearest(config, option):
    with pytest.raises(Mistake, match=r"did you mean (evaluation|dataset|selection|measure)="):
        compose_checked(config, [option])


@pytest.mark.parametrize(
    "option",
    [
        "+optimizer.weight_decay=0.1",
        "+hydra.callbacks.collect.baseline.selection.tau=3",
        "experiment=demo",
        "~regularisation.routing",
        "metric=[recall,all]",
        "selection.tau=${seed}",
        "seed=1 seed=2",
    ],
)
def test_what_hydra_takes_stays_possible(option):
    assert len(compose_checked("train", option.split())) == 1


def test_of_a_sweep_each_value_is_checked_once():
    found = compose_checked("train", ["selection=p,l", "seed=1,2,3"], several=True)
    pairs = [(cfg.hydra.runtime.choices.selection, cfg.seed) for cfg in found]
    assert pairs == [("p", 1), ("l", 1), ("p", 2), ("p", 3)]
    stored = compose_checked("train", ["experiment=num_interests", "seed=7"], several=True)
    assert [cfg.num_interests for cfg in stored] == [1, 2, 4, 6, 1]


def test_a_search_has_one_value_for_each_option():
    with pytest.raises(Mistake, match=r"selection must have one value, got 'hard,p'; for a search"):
        compose_checked("search", ["selection=hard,p"], several=True)


def test_of_an_option_that_is_given_twice_the_last_counts_and_a_line_shows_it(caplog):
    [cfg] = compose_checked("train", ["seed=1", "dim=8", "seed=2"])
    assert cfg.seed == 2 and caplog.messages == ["seed=1: seed=2 counts"]


def test_the_nearest_name_is_one_that_is_like_it_or_none():
    known = ["comirec_sa", "remi", "p", "p_expected"]
    assert nearest("ComiRecSA", known) == "comirec_sa" and nearest("sa", known) == "comirec_sa"
    assert nearest("BaM_p", known) == "p" and nearest("rmei", known) == "remi"
    assert nearest("banana", known) == ""


def without_torch(tmp_path, *command):
    """What the command prints to stderr; torch must not be imported by it."""
    code = (
        "import sys, atexit; from bam.__main__ import main; "
        "atexit.register(lambda: sys.stderr.write(f'torch={\"torch\" in sys.modules}')); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stderr.endswith("torch=False"), done.stderr
    return done


@pytest.mark.parametrize(
    "word", ["bakbone=remi", "backbone=rem", "trainer.max_step=5", "--seed 3", "seed=x"]
)
def test_a_mistake_is_found_without_torch_and_before_the_config_is_shown(tmp_path, word):
    done = without_torch(tmp_path, "train", *word.split())
    assert done.returncode == 1 and done.stderr.startswith("error: ")
    assert "config" not in done.stderr and not list(tmp_path.iterdir())


def test_help_names_each_group_once_and_needs_no_torch(tmp_path):
    out = without_torch(tmp_path, "train", "--help").stdout
    assert "which of the K interests a target trains" in out and "measure" not in out.split()
    assert max(map(len, out.splitlines())) <= 80
    out = without_torch(tmp_path, "bench", "--help").stdout
    assert "what is measured, and what is compared with what" in out
    out = without_torch(tmp_path, "train", "backbone=mind", "--help").stdout
    assert "backbone.rounds=3" in out and "selection" not in out


def test_info_is_printed_once(tmp_path):
    done = without_torch(tmp_path, "train", "--info")
    assert done.stdout.count("Config search path") == 1
    assert "Config search path" not in done.stderr


@pytest.mark.parametrize("values", ["1,0", "1,abc"])
def test_a_sweep_refuses_a_wrong_value_before_its_first_point(start, tmp_path, values):
    with pytest.raises(SystemExit, match=r"error: selection\.tau must be "):
        start("train.py", "-m", "dataset=planted", f"selection.tau={values}", "device=cpu")
    assert not list(tmp_path.iterdir())
