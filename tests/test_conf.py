"""conf and bam are two views of one tree."""

import math
import re

import pytest
from hydra.errors import ConfigCompositionException, MissingConfigException

from bam.config.card import read_cards
from bam.config.instantiate import component, components
from bam.config.settings import settings
from bam.experiment.parts.components import build_components
from bam.results.board.plan import PROTOCOLS
from tests.conftest import CONF, ROOT, options

MIRRORED = ("backbone", "intervals", "readout", "sampling", "similarity", "selection", "likelihood",
            "negatives", "loss", "regularisation", "aggregation", "evaluation", "metric", "split",
            "table", "memory", "blending", "tracker", "optimizer", "schedule",
            "averaging")  # fmt: skip
# groups of serving, each with a command that has it
SERVING = dict.fromkeys(["merge", "reranking", "weighting"], "recommend") | {"index": "export"}


def package(group):
    """The one package of a config group; an evaluation is named by its protocol."""
    name = {"evaluation": "protocol"}.get(group, group)
    [found] = [path for path in (ROOT / "bam").rglob(name) if (path / "__init__.py").is_file()]
    return found


@pytest.mark.parametrize("group", (*MIRRORED, *SERVING))
def test_every_module_of_a_group_is_reached_by_its_yaml(group):
    folder = package(group)
    modules = {path.stem for path in folder.glob("[!_]*.py")}
    text = "".join(path.read_text() for path in (CONF / group).glob("*.yaml"))
    dotted = ".".join(folder.relative_to(ROOT).parts)
    assert modules == set(re.findall(rf"{re.escape(dotted)}\.(\w+)\.", text))


@pytest.mark.parametrize("kind", ["bias", "block"])
def test_every_part_of_a_transformer_is_reached_by_a_backbone(kind):
    modules = {path.stem for path in (ROOT / "bam" / "model" / kind).glob("[!_]*.py")}
    text = "".join(path.read_text() for path in (CONF / "backbone").glob("*.yaml"))
    assert modules == set(re.findall(rf"bam\.model\.{kind}\.(\w+)\.", text))


@pytest.mark.parametrize(
    "group",
    ["backbone", "sampling", "similarity", "selection", "likelihood", "aggregation", "split",
     "optimizer", "schedule", "averaging"],
)  # fmt: skip
def test_every_option_instantiates(configured, group):
    for name in options(group):
        config = configured(f"{group}={name}")
        settings(config)
        assert component(config[group], group) is not None


@pytest.mark.parametrize("group", SERVING)
def test_every_option_of_serving_instantiates(configured, group):
    for name in options(group):
        config = configured(f"{group}={name}", config=SERVING[group])
        assert component(config[group], group) is not None


@pytest.mark.parametrize("name", options("evaluation"))
def test_every_evaluation_instantiates(configured, name):
    assert component(configured(f"evaluation={name}")["evaluation"], "evaluation", metrics={})


@pytest.mark.parametrize("name", options("loss"))
def test_every_loss_instantiates(configured, name):
    assert name in components(configured(f"loss={name}")["loss"], "loss")


@pytest.mark.parametrize("name", options("metric"))
def test_every_metric_instantiates(configured, name):
    assert components(configured(f"metric=[{name}]")["metric"], "metric")


@pytest.mark.parametrize("name", options("regularisation"))
def test_every_regularisation_instantiates(configured, name):
    config = configured("backbone=comirec_sa", f"regularisation=[{name}]")
    assert list(components(config["regularisation"], "regularisation")) == [name]


def test_several_regularisations_stand_together(configured):
    several = "regularisation=[routing,load_balance,pairwise_cosine]"
    config = configured("backbone=remi", "selection=p", several)
    found = components(config["regularisation"], "regularisation")
    assert set(found) == {"routing", "load_balance", "pairwise_cosine"}
    assert found["routing"].weight == 0  # as remi has it under soft selection


@pytest.mark.parametrize("name", options("experiment"))
def test_every_experiment_composes(configured, name):
    settings(configured(f"experiment={name}"))


@pytest.mark.parametrize("name", [one.name for one in PROTOCOLS])
@pytest.mark.parametrize("card", read_cards(), ids=lambda card: card.name)
def test_a_method_trains_under_every_protocol_of_the_board(configured, card, name):
    build_components(configured(f"experiment={card.name}", f"evaluation={name}"), trains=True)


@pytest.mark.parametrize("card", read_cards(), ids=lambda card: card.name)
def test_a_method_takes_minutes_and_also_other_data_and_more_steps(configured, card):
    experiment = f"experiment={card.name}"
    assert configured(experiment)["trainer"]["max_steps"] <= 10_000
    more = configured(experiment, "dataset=ml1m", "trainer.max_steps=100000")
    assert more["dataset"]["name"] == "ml1m" and more["trainer"]["max_steps"] == 100_000
    assert more["history_length"] == (100 if card.name == "mind" else 200)  # as BaM has MIND


def test_the_budget_of_a_data_set_holds_for_every_method_that_trains(configured):
    def steps(*options):
        return configured(*options)["trainer"]["max_steps"]

    assert steps("experiment=cmi") == 3000 and steps("experiment=cmi", "dataset=ml1m") == 24_000
    assert steps("experiment=sasrec") == 5000 and steps("experiment=sasrec", "dataset=ml1m") == 3500
    assert steps("experiment=popularity", "dataset=ml1m") == 0
    assert steps("experiment=pretrained", "dataset=ml1m") == 100_000
    assert steps("dataset=ml1m") == 100_000


def test_every_budget_of_a_data_set_is_a_pair_of_names(configured):
    for path in (CONF / "pair" / "dataset_budget").glob("*.yaml"):
        data, _, budget = path.stem.rpartition("_")
        assert data in options("dataset") and budget in options("budget")
        assert configured(f"dataset={data}", f"budget={budget}")["trainer"]["max_steps"] < 100_000


@pytest.mark.parametrize(("selection", "weight"), [("hard", 100.0), ("p", 0.0)])
def test_remi_is_comirec_sa_with_hard_negatives_and_routing_regularisation(
    configured, selection, weight
):
    config = configured("backbone=remi", f"selection={selection}")
    assert config["backbone"]["_target_"].endswith("ComiRecSA")
    assert config["likelihood"]["_target_"].endswith("HardNegatives")
    assert config["likelihood"]["beta"] == 0.01
    assert config["regularisation"]["routing"]["weight"] == weight


def test_every_part_of_remi_can_be_overridden(configured):
    config = configured("backbone=remi", "likelihood=sampled_softmax",
                        "regularisation.routing.weight=7", "selection=hard")  # fmt: skip
    assert config["likelihood"]["_target_"].endswith("SampledSoftmax")
    assert config["regularisation"]["routing"]["weight"] == 7


def test_comirec_sa_is_trained_with_sampled_softmax_and_no_regularisation(configured):
    config = configured("backbone=comirec_sa")
    assert config["likelihood"]["_target_"].endswith("SampledSoftmax")
    assert config["regularisation"] == {}


def test_comirec_s_protocol_has_unseen_users_whose_items_all_compete(configured):
    config = configured("evaluation=comirec")
    assert config["evaluation"]["protocol"]["_target_"].endswith("Repeats")
    assert config["evaluation"]["cutoffs"] == config["metric"]["hit_rate"]["cutoffs"] == [20, 50]
    assert config["split"]["_target_"].endswith("UnseenUsers")
    assert config["split"]["target_share"] == config["split"]["test_share"] * 2 == 0.2
    assert config["metric"].keys() >= {"recall", "ndcg", "hit_rate", "union_recall"}
    other = configured("evaluation=comirec", "split=time_cut", "metric=[mrr]")
    assert other["split"]["_target_"].endswith("TimeCut") and list(other["metric"]) == ["mrr"]


def test_cmi_trains_with_the_maximum_of_cosines_that_serves(configured):
    config = configured("experiment=cmi")
    losses = components(config["loss"], "loss")
    assert losses["single_interest"].weight == 0 and losses["multi_interest"].sharpness == math.inf
    assert config["aggregation"]["_target_"].endswith(".Maximum")
    assert config["similarity"]["temperature"] == config["backbone"]["temperature"] == 0.1
    assert set(config["regularisation"]) == {"orthogonality", "usage", "view_contrast"}


def test_multi_interest_is_the_sum_of_both_losses(configured):
    assert list(configured("loss=single_interest")["loss"]) == ["single_interest"]
    assert set(configured("loss=multi_interest")["loss"]) == {"single_interest", "multi_interest"}


def test_the_defaults_are_the_settings_of_bam(configured):
    config = configured()
    told = {key: config[key] for key in ("batch_size", "dim", "num_interests", "num_negatives",
                                         "seed", "history_length")}  # fmt: skip
    assert told == {"batch_size": 128, "dim": 64, "num_interests": 4, "num_negatives": 1280,
                    "seed": 2021, "history_length": 50}  # fmt: skip
    assert config["optimizer"]["_target_"] == "torch.optim.Adam"
    assert config["optimizer"]["lr"] == 0.001
    assert config["schedule"] == {
        "_target_": "bam.training.schedule.decay.constant",
        "warmup_steps": 0,
    }
    assert config["averaging"] == {"_target_": "bam.training.averaging.none.Current"}
    assert config["trainer"]["clip_norm"] == 0
    assert config["trainer"]["validate_every"] == 1000 and config["trainer"]["patience"] == 15
    assert config["selection"]["tau"] == 1.0
    assert config["similarity"] == {
        "_target_": "bam.model.similarity.inner.Inner", "temperature": 1.0}  # fmt: skip
    assert configured("likelihood=sampled_softmax")["likelihood"]["label_smoothing"] == 0.0
    assert configured("dataset=ml1m")["history_length"] == 200
    assert configured("dataset=ml1m", "backbone=mind")["history_length"] == 100


@pytest.mark.parametrize(
    ("override", "error"),
    [
        ("selection.tua=1", ConfigCompositionException),
        ("selection=soft", MissingConfigException),
        ("sede=1", ConfigCompositionException),
    ],
)
def test_a_misspelt_name_is_refused_by_hydra(configured, override, error):
    with pytest.raises(error):
        configured(override)
