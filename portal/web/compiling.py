"""How templates become Python: Jinja's own generator, with less work at what a page does a thousand times.

A page puts out some two thousand values, reads three thousand attributes and calls eight hundred macros and functions.
"""

from __future__ import annotations

import re
from functools import partial
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

from jinja2 import Environment, nodes, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from markupsafe import Markup, escape

_NEEDS_ESCAPING = re.compile("[&<>'\"]").search
_PASSES = "jinja_pass_arg"
_EVAL_CONTEXT = getattr(pass_eval_context(lambda: None), _PASSES)
_UNKNOWN = object()
_PLAIN = frozenset({FunctionType, MethodType, BuiltinMethodType, partial})
marked = partial(str.__new__, Markup)
"""The text as `Markup`, without a look whether it knows an HTML of its own."""


def put_out(value: Any) -> str:
    """What `escape` gives, as any text: it is joined to the page and nothing else is done with it."""
    kind = type(value)
    if kind is Markup:
        return value
    if kind is str:
        return escape(value) if _NEEDS_ESCAPING(value) else value
    return str(value) if kind is int else escape(value)


def item_of(environment: Environment, value: Any, name: str) -> Any:
    """`value[name]`, where there is no attribute of that name."""
    try:
        return value[name]
    except (TypeError, LookupError, AttributeError):
        return environment.undefined(obj=value, name=name)


def _is_plain(frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> bool:
    return bool(frame.eval_ctx.autoescape) and not frame.eval_ctx.volatile and finalize.src is None


class PortalGenerator(CodeGenerator):
    """Output without a `Markup` around each piece; attributes without a call of the environment's."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if _is_plain(frame, finalize):
            self._shown = self.temporary_identifier()
            self.write(f"({self._shown} if type({self._shown} := (")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if _is_plain(frame, finalize):
            self.write(f")) is Markup else environment.put_out({self._shown}))")
        else:
            super()._output_child_post(node, frame, finalize)

    @optimizeconst
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 -- Jinja's name
        """The attribute of this name, else the item."""
        found, owner = self.temporary_identifier(), self.temporary_identifier()
        self.write(f"({found} if ({found} := getattr(({owner} := ")
        self.visit(node.node, frame)
        self.write(f"), {node.attr!r}, missing)) is not missing else environment.item_of({owner}, {node.attr!r}))")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: FBT001, FBT002, N802
        """Without what loops and blocks have set: only what asks for the context is given it, and nothing here does."""
        bare = frame.copy()
        bare.loop_frame = bare.block_frame = False
        super().visit_Call(node, bare, forward_caller=forward_caller)


def drawn(macro: Macro, *args: Any) -> Markup:
    """What the macro makes of arguments by place, as `Macro.__call__` makes it of any."""
    lacking = macro._argument_count - len(args)  # noqa: SLF001 -- a third of the time of a small macro
    return marked(macro._func(*args, *(missing,) * lacking))  # noqa: SLF001


def _takes(macro: Macro, args: tuple[Any, ...]) -> bool:
    """Whether these may be all of its arguments."""
    return len(args) <= len(macro.arguments) and not (macro.caller or macro.catch_kwargs or macro.catch_varargs)


class PortalContext(Context):
    """Calls plain functions and macros straight away."""

    def call(self, __obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As `Context.call`."""
        kind = type(__obj)
        if kind is Macro and not kwargs and self.eval_ctx.autoescape and _takes(__obj, args):
            return drawn(__obj, *args)
        passes = _EVAL_CONTEXT if kind is Macro else getattr(__obj, _PASSES, None) if kind in _PLAIN else _UNKNOWN
        if passes is not None and passes is not _EVAL_CONTEXT:
            return super().call(__obj, *args, **kwargs)
        return __obj(*args, **kwargs) if passes is None else __obj(self.eval_ctx, *args, **kwargs)
