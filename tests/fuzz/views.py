"""Makers of views: each borrows from one root, which the caller keeps lent."""

from tests.fuzz.program import Node, never
from tests.fuzz.scope import Root, lent
from tests.fuzz.writer import Maker, Options, Writer


def makers(w: Writer, ty: str, depth: int, root: Root | None) -> Options:
    with_root: dict[str, Options] = {
        "bytes_view": [
            (6, lambda: sliced(w, depth, root)),
            (3, lambda: w.base_view(root)),
            *unwrapped(w, depth, root),
        ],
        "option_bytes_view": [(5, wrap(w, "option_bytes_view.some", depth, root))],
        "result_bytes_view": [(5, wrap(w, "result_bytes_view.ok", depth, root))],
    }
    return with_root[ty]


def wrap(w: Writer, head: str, depth: int, root: Root | None) -> Maker:
    def made() -> Node:
        with lent(root):
            return [head, w.expr("bytes_view", depth - 1, root)]

    return made


def unwrapped(w: Writer, depth: int, root: Root | None) -> Options:
    """`unwrap_or`: both arguments borrow from the same root."""

    def made(kind: str) -> Maker:
        def unwrap() -> Node:
            with lent(root):
                first = w.expr(kind, depth - 1, root)
                return [f"{kind}.unwrap_or", first, w.expr("bytes_view", depth - 1, root)]

        return unwrap

    return [(1, made("option_bytes_view")), (1, made("result_bytes_view"))]


def sliced(w: Writer, depth: int, root: Root | None) -> Node:
    """A slice that lies within its view, most of the time."""
    with lent(root):
        if w.chance(10):
            start, length = w.rng.randrange(2), w.rng.randrange(2)
            return ["view.slice", w.expr("bytes_view", depth - 1, root), start, length]
        return whole_or_part(w, depth, root)


def whole_or_part(w: Writer, depth: int, root: Root | None) -> Node:
    """`begin`: the view in a local, a start within it, and a length that fits."""
    with w.scopes.inner():
        inner = w.expr("bytes_view", depth - 1, root)
        if never(inner):
            return ["begin", inner]
        view = w.fresh("v")
        w.scopes.declare(view, "bytes_view", root)
        start = w.fresh("from")
        first = ["%", w.expr("i32", depth - 2), ["+", ["view.len", view], 1]]
        w.scopes.declare(start, "i32", fixed=True)
        length = ["%", w.expr("i32", depth - 2), rest(view, start)]
        cut = ["view.slice", view, start, length]
        return ["begin", ["let", view, inner], ["let", start, first], cut]


def rest(view: str, start: str) -> Node:
    return ["-", ["+", ["view.len", view], 1], start]
