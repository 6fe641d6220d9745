"""The known name that a mistyped one is most like."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(typed: str, known: Iterable[str]) -> str:
    """The known name that was probably meant; empty where none is like it.

    Upper case, hyphens and underscores do not count: `ComiRec-SA` is comirec_sa. Else it is the one
    with the most equal letters, or one that has the word as a part, such as comirec_sa for `sa`.
    """
    names = {_plain(name): name for name in sorted(known)}
    typed = _plain(typed)
    for name in names:
        if name.replace("_", "") == typed.replace("_", ""):
            return names[name]
    close = get_close_matches(typed, names, n=1)
    parts = [name for name in names if typed in name.split("_") or name in typed.split("_")]
    return next((names[name] for name in [*close, *parts]), "")


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
