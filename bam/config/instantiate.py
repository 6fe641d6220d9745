"""From YAML to objects: every key and value is checked against the constructor that gets it."""

import dataclasses
import inspect
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from omegaconf import MISSING, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bam.config.target import find_target
from bam.errors import MaybeInfinite, Mistake, require
from bam.system.failure import lowered_by
from bam.system.nearest import nearest


def build(node: Any, path: str, trust: Sequence[str] = (), /, **given: Any) -> Any:
    """The object that a config node describes, with `given` as further arguments.

    Nested nodes are built first. `trust` are packages that may define components, besides bam's.

    Raises:
        Mistake: `path.key must be rule, got value` for an unknown key, a value of another type,
            a missing value, a target that no allowed package defines, or an option that the
            constructor refuses.
    """
    if isinstance(node, list):
        return [build(part, f"{path}[{i}]", trust) for i, part in enumerate(node)]
    if not isinstance(node, Mapping):
        return node
    if "_target_" not in node:
        return {key: build(part, f"{path}.{key}", trust) for key, part in node.items()}
    target = find_target(node["_target_"], path, trust)
    options = {key: part for key, part in node.items() if not str(key).startswith("_")}
    _check_keys(target, options, path, given)
    built = {key: build(part, f"{path}.{key}", trust) for key, part in options.items()}
    arguments = {**_typed(target, built, path), **given}
    if node.get("_partial_", False):
        return partial(_call, target, path, **arguments)
    _complete(target, arguments, path)
    return _call(target, path, **arguments)


def check(node: Any, path: str, trust: Sequence[str] = ()) -> None:
    """Refuse a key or a value that `build` would refuse before it builds anything.

    Raises:
        Mistake: as `build`.
    """
    if isinstance(node, list):
        for i, part in enumerate(node):
            check(part, f"{path}[{i}]", trust)
    if not isinstance(node, Mapping):
        return
    options = {key: part for key, part in node.items() if not str(key).startswith("_")}
    if "_target_" in node:
        target = find_target(node["_target_"], path, trust)
        _check_keys(target, options, path, {})
        _typed(target, {key: part for key, part in options.items() if not _nests(part)}, path)
    for key, part in options.items():
        check(part, f"{path}.{key}", trust)


def _nests(value: Any) -> bool:
    """Whether objects are to be built in it."""
    if isinstance(value, list):
        return any(map(_nests, value))
    return isinstance(value, Mapping) and ("_target_" in value or any(map(_nests, value.values())))


def _call(target: Any, path: str, /, *arguments: Any, **options: Any) -> Any:
    """The object; a mistake about one of its options gets the option's path."""
    try:
        with lowered_by(f"a size of {path}", "dim"):
            return target(*arguments, **options)
    except Mistake as mistake:
        option = re.match(r"(\w+)[\w.\[\]]* ", str(mistake))
        if option is None or option[1] not in _parameters(target):
            raise
        raise Mistake(f"{path}.{mistake}") from mistake


def component(node: Any, path: str, trust: Sequence[str] = (), /, **given: Any) -> Any:
    """As `build`, for a node that must be an object."""
    if not isinstance(node, Mapping) or "_target_" not in node:
        advice = f"choose it in its group, or leave it out with ~{path}"
        raise Mistake(f"{path} must have a _target_, got {node!r}; {advice}")
    return build(node, path, trust, **given)


def components(nodes: Any, path: str, trust: Sequence[str] = (), /, **given: Any) -> dict[str, Any]:
    """As `component`, for each of several named nodes."""
    return {name: component(node, f"{path}.{name}", trust, **given) for name, node in nodes.items()}


def typed(target: Any, values: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The values, converted to the types that the target's parameters have.

    Raises:
        Mistake: a key that the target does not have, or a value that does not convert.
    """
    _check_keys(target, values, path, {})
    return _typed(target, values, path)


def _typed(target: Any, values: Mapping[str, Any], path: str) -> dict[str, Any]:
    prefix = f"{path}." if path else ""
    hints = _hints(target.__init__ if inspect.isclass(target) else target)
    return {
        key: _convert(hints.get(key, Any), value, prefix + key) for key, value in values.items()
    }


def _hints(function: Any) -> dict[str, Any]:
    """The types of the parameters, but for those that are imported for type checkers alone."""
    try:
        return get_type_hints(function)
    except NameError:
        hints = {}
        names = inspect.unwrap(function).__globals__
        for name, hint in function.__annotations__.items():
            with suppress(NameError):
                one = SimpleNamespace(__annotations__={name: hint})
                hints.update(get_type_hints(one, names))
        return hints


def _check_keys(
    target: Any, values: Mapping[str, Any], path: str, given: Mapping[str, Any]
) -> None:
    """Refuse what the target does not have, before anything nested in it is built."""
    options = _parameters(target).keys() - given.keys()
    for key in values.keys() - options:
        name = f"{path}.{key}" if path else key
        near = nearest(str(key), options)
        meant = f"; did you mean {near}?" if near else ""
        known = f"it has: {', '.join(sorted(options))}{meant}" if options else "it has none"
        raise Mistake(f"{name} is no option of {target.__qualname__}; {known}")


def _parameters(target: Any) -> dict[str, inspect.Parameter]:
    every = inspect.signature(target).parameters.items()
    return {name: p for name, p in every if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def _complete(target: Any, arguments: Mapping[str, Any], path: str) -> None:
    for name, parameter in _parameters(target).items():
        if parameter.default is parameter.empty and name not in arguments:
            raise Mistake(
                f"{path}.{name} must be given: {target.__qualname__} has no default for it"
            )


def _convert(hint: Any, value: Any, path: str) -> Any:
    """The value as the hinted type, where that is one OmegaConf knows; an object as it is."""
    if isinstance(value, str) and value == MISSING:
        raise Mistake(f"{path} must be given")
    if not _plain(value):
        return value  # built from a nested node
    hint = _without_classes(hint)
    wrong = Mistake(f"{path} must be {_name(hint)}, got {value!r}")
    if hint is str and isinstance(value, bool | float):  # 1e5 would become the text 100000.0
        raise Mistake(f"{path} must be text, got {value!r}; quotes make text: {path}='\"TEXT\"'")
    if hint is MaybeInfinite:
        hint = float
        if value == math.inf:
            return value
    _require_finite(value, path)
    if type(value) is hint and not isinstance(value, list | dict):
        return value  # there is nothing to convert
    schema = dataclasses.make_dataclass("Schema", [("value", hint, MISSING)])
    try:
        slot = OmegaConf.structured(schema)
    except OmegaConfBaseException as error:
        if inspect.isclass(hint):
            raise wrong from error
        return value  # a type that only Python knows
    try:
        OmegaConf.update(slot, "value", value, merge=False)  # 1 for a float is 1.0
        plain: Any = OmegaConf.to_container(slot)
        return plain["value"]
    except OmegaConfBaseException as error:
        raise wrong from error


def _name(hint: Any) -> str:
    """Of a type, for a message: `a list of int`."""
    if get_origin(hint) is list:
        return f"a list of {_name(get_args(hint)[0])}"
    return str(getattr(hint, "__name__", hint))


def _require_finite(value: Any, path: str) -> None:
    """Refuse nan and infinity, which no option has a use for."""
    parts = value.items() if isinstance(value, dict) else []
    for key, part in enumerate(value) if isinstance(value, list) else parts:
        _require_finite(part, f"{path}.{key}")
    finite = not isinstance(value, float) or math.isfinite(value)
    require(finite, f"{path} must be a finite number", value)


def _without_classes(hint: Any) -> Any:
    """`float | Tensor`, as torch hints a rate, as float: YAML holds no object."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else ()
    plain = [kind for kind in kinds if kind in (int, float, str, bool, NoneType)]
    return Union[tuple(plain)] if plain else hint  # noqa: UP007


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    return value is None or isinstance(value, str | int | float)
