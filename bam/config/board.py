"""The methods of the board: those that `experiment=board` trains."""

from pathlib import Path

from bam.config.card import is_method
from bam.config.conf import CONF
from bam.config.options import option_values, read_head
from bam.config.parts import read_choices
from bam.results.board.plan import DATASETS, Method

BUDGETS = "pair/dataset_budget"


def board_methods() -> list[Method]:
    """Each method, and how many steps it may train on the data sets that decide it."""
    swept = option_values("experiment", "board")["hydra.sweeper.params.experiment"].text
    return [_method(name.strip()) for name in swept.split(",")]


def _method(name: str) -> Method:
    file = _file(f"experiment/{name}")
    budget = read_choices("experiment", name).get("budget", "none")
    pairs = {data: f"{data}_{budget}" for data in DATASETS}
    steps = {
        data: _steps(pair) for data, pair in pairs.items() if _file(f"{BUDGETS}/{pair}").exists()
    }
    title = read_head(file)[0].partition(": ")[0]
    return Method(name, title, is_method(file), steps)


def _steps(pair: str) -> int:
    return int(option_values(BUDGETS, pair)["trainer.max_steps"].text)


def _file(option: str) -> Path:
    return CONF / f"{option}.yaml"
