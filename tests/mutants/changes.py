"""Every small mistake that can be made in a file: one change of one place.

Beside the usual changes of operators and constants there are those of tensor code: another
reduction, a method or an option left out.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

OTHER = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
REDUCTION = {"max": "min", "min": "max", "amax": "amin", "amin": "amax", "sum": "mean",
             "mean": "sum", "any": "all", "all": "any", "argmax": "argmin", "maximum": "minimum",
             "minimum": "maximum", "softmax": "log_softmax", "log_softmax": "softmax"}  # fmt: skip
ELSEWHERE = {"device", "non_blocking", "to", "contiguous"}  # of other devices than a CPU
SILENT = {"log", "logging"}  # what these write changes no number


@dataclass(frozen=True)
class Mutant:
    """A file with one change, `before` to `after`."""

    file: str
    line: int
    before: str
    after: str
    source: str

    original: str

    def unchanged(self) -> "Mutant":
        """The file as it is."""
        return replace(self, after=self.before, source=self.original)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: `{self.before}` -> `{self.after}`"


def mutants(file: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a file that compiles to something else."""
    text = source.encode()  # columns are counted in bytes
    starts = [0, *accumulate(map(len, text.splitlines(keepends=True)))]
    for node in _code(ast.parse(source)):
        a = starts[node.lineno - 1] + node.col_offset
        b = starts[node.end_lineno - 1] + node.end_col_offset
        for after in _changes(node):
            changed = (text[:a] + after.encode() + text[b:]).decode()
            before = " ".join(text[a:b].decode().split())
            yield Mutant(file, node.lineno, before, after, changed, source)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """What is executed: no annotation, decorator, docstring, message or line of the log."""
    if isinstance(node, ast.Raise | ast.JoinedStr) or (
        isinstance(node, ast.Expr)
        and (isinstance(node.value, ast.Constant) or ast.unparse(node).split(".")[0] in SILENT)
    ):
        return
    if isinstance(node, ast.expr | ast.Expr | ast.AugAssign):
        yield node
    for name, child in ast.iter_fields(node):
        if name not in {"annotation", "returns", "decorator_list", "bases"}:
            for one in child if isinstance(child, list) else [child]:
                if isinstance(one, ast.AST):
                    yield from _code(one)


def _changes(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Compare(left, [op], [right]):
            yield ast.unparse(ast.Compare(left, [OTHER[type(op)]()], [right]))
        case ast.Compare(left, [one, two], rights):
            yield ast.unparse(ast.Compare(left, [OTHER[type(one)](), two], rights))
            yield ast.unparse(ast.Compare(left, [one, OTHER[type(two)]()], rights))
        case ast.BoolOp(op, values):
            yield f"({ast.unparse(ast.BoolOp(OTHER[type(op)](), values))})"
        case ast.BinOp(left, op, right) if type(op) in OTHER:
            yield f"({ast.unparse(ast.BinOp(left, OTHER[type(op)](), right))})"
        case ast.AugAssign(target, op, value):
            yield ast.unparse(ast.AugAssign(target, OTHER[type(op)](), value))
        case ast.UnaryOp(_, operand):
            yield f"({ast.unparse(operand)})"
        case ast.IfExp(test, body, other):
            yield f"({ast.unparse(ast.IfExp(test, other, body))})"
        case ast.Constant(bool() as value):
            yield str(not value)
        case ast.Constant(int() | float() as value):
            yield str(value + 1)
        case ast.Call():
            yield from _calls(node)
        case ast.Expr():
            yield "pass"


def _calls(call: ast.Call) -> Iterator[str]:
    """Without a named argument, with another reduction, and without the method."""
    for left_out in [one for one in call.keywords if one.arg not in {"strict", *ELSEWHERE}]:
        rest = [keyword for keyword in call.keywords if keyword is not left_out]
        yield ast.unparse(ast.Call(call.func, call.args, rest))
    if isinstance(call.func, ast.Attribute):
        owner, name = call.func.value, call.func.attr
        if name in REDUCTION:
            other = ast.Attribute(owner, REDUCTION[name])
            yield ast.unparse(ast.Call(other, call.args, call.keywords))
        is_module = isinstance(owner, ast.Name) and owner.id in {"torch", "math", "self", "np"}
        if not is_module and name not in ELSEWHERE:
            yield ast.unparse(owner)
