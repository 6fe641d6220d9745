"""The methods of the board: those of its sweep, and those that need more than ids."""

from pathlib import Path

from bam.config.card import is_method
from bam.config.conf import CONF
from bam.config.options import option_values, read_head
from bam.config.parts import read_choices, read_defaults
from bam.results.board.plan import DATASETS, Method

BUDGETS = "pair/dataset_budget"
MORE = {"intervals": "times", "table": "features"}  # choices for which ids are not enough
IDS_ALONE = "sequences"  # what a data set begins with that has neither times nor features


def board_methods() -> list[Method]:
    """Each method: its title, its data sets, and how many steps it may train on them."""
    swept = option_values("experiment", "board")["hydra.sweeper.params.experiment"].text
    names = [name.strip() for name in swept.split(",")]
    files = sorted((CONF / "experiment").glob("*.yaml"))
    others = [file.stem for file in files if is_method(file) or _needs_more(file.stem)]
    return [_method(name) for name in dict.fromkeys([*names, *others])]


def _method(name: str) -> Method:
    file, needs_more = _file(f"experiment/{name}"), _needs_more(name)
    budget = read_choices("experiment", name).get("budget", "none")
    data = tuple(one for one in DATASETS if not (needs_more and _has_ids_alone(one)))
    pairs = {one: f"{one}_{budget}" for one in data}
    steps = {
        one: _steps(pair) for one, pair in pairs.items() if _file(f"{BUDGETS}/{pair}").exists()
    }
    return Method(name, read_head(file)[0].partition(": ")[0], is_method(file), data, steps)


def _needs_more(name: str) -> bool:
    choices = read_choices("experiment", name)
    return any(choices.get(group) == option for group, option in MORE.items())


def _has_ids_alone(data: str) -> bool:
    return IDS_ALONE in read_defaults("dataset", data)


def _steps(pair: str) -> int:
    return int(option_values(BUDGETS, pair)["trainer.max_steps"].text)


def _file(option: str) -> Path:
    return CONF / f"{option}.yaml"
