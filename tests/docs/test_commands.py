"""Every command of README and docs/ has options that exist, and composes."""

import re
import shlex
from functools import cache

import pytest

from bam.config.options import option_values, read_values
from tests.conftest import CONF, ROOT, options

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted({*DOCS.rglob("*.md")} - {DOCS / "extend.md"})]  # a package's
CONFIGS = ("train", "search", "evaluate", "prepare", "bench", "recommend", "tradeoff", "export",
           "explore", "serve", "update", "blend")  # fmt: skip
TYPED = re.compile(rf"^bam ({'|'.join(CONFIGS)}) (.*)$", re.MULTILINE)
OWN = {"mine"}  # data sets that a page makes


def blocks(page):
    """A page's blocks of code, one command a line."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return [block.replace("\\\n", " ") for language, block in found if not language]


def commands(page):
    """The program and the words of each command in a page's blocks of code."""
    for block in blocks(page):
        for program, text in TYPED.findall(block):
            yield program, tuple(shlex.split(text, comments=True))


def overrides(words):
    """The overrides among the words, without the flags before them."""
    return [word for word in words if re.match(r"[+~]*[\w./@]+=|~[\w./@]+$", word)]


@cache
def known():
    """Every key that a file of conf/ gives a value."""
    groups = [path.name for path in CONF.iterdir() if path.is_dir() and path.name != "pair"]
    keys = {key for config in CONFIGS for key in read_values(config)}
    return keys | {k for g in groups for o in options(g) for k in option_values(g, o)}


def exists(override):
    """Whether a group has the options that an override names, or some file its key."""
    key, _, text = override.partition("=")
    if key.startswith(("+", "~", "hydra.")):
        return True
    if (CONF / key).is_dir():
        names = set(re.findall(r"[\w]+", text))
        return names <= {*options(key), *OWN, "null"}
    return any(name == key or name.startswith(f"{key}.") for name in known())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_option_of_a_page_exists(page):
    wrong = [o for _, words in commands(page) for o in overrides(words) if not exists(o)]
    assert wrong == []


def first_point(words):
    """What a command composes; of a sweep its first point."""
    for word in overrides(words):
        key, equals, text = word.partition("=")
        if re.match(r"[+~]*hydra[./]", key) or text in OWN:
            continue
        several = "-m" in words and not text.startswith(("[", "{"))
        yield key + equals + (text.split(",")[0] if several else text)


POINTS = sorted(
    {
        (program, tuple(first_point(words)))
        for page in PAGES
        if "results" not in page.parts  # as many again, made of the same options
        for program, words in commands(page)
        if program not in ("prepare", "bench")  # its files are not there; test_performance
    }
)


def test_commands_are_found():
    assert len(POINTS) > 20


@pytest.mark.parametrize("program, point", POINTS, ids=str)
def test_every_command_composes(configured, program, point):
    configured(*point, config="train" if program == "search" else program)


HEADERS = [
    (program, tuple(first_point(shlex.split(text))))
    for path in sorted(CONF.glob("*.yaml"))
    for program, text in re.findall(TYPED.pattern.replace("^", "^# "), path.read_text(), re.M)
    if program != "prepare"  # its files are not there
]


@pytest.mark.parametrize("program, point", HEADERS, ids=str)
def test_every_command_of_a_help_composes(configured, program, point):
    configured(*point, config="train" if program == "search" else program)


def test_every_command_of_a_page_exists_and_is_explained():
    typed = "".join(block for page in PAGES for block in blocks(page))
    named = set(re.findall(r"^bam ([a-z]+)", typed, re.MULTILINE))
    named |= set(re.findall(r"`bam ([a-z]+)", "".join(page.read_text() for page in PAGES)))
    there = {path.stem for path in (ROOT / "bam" / "command").glob("[a-z]*.py")}
    assert named <= there
    explained = set(re.findall(r"`bam ([a-z]+)`", (DOCS / "running.md").read_text()))
    assert there <= explained


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_target_of_make_exists(page):
    targets = re.findall(r"`make ([a-z-]+)", page.read_text())
    rules = re.findall(r"^([a-z%-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    rules = [rule.replace("%", ".*") for rule in rules]
    assert [t for t in targets if not any(re.fullmatch(rule, t) for rule in rules)] == []
