"""Templates in one language each: their sentences are translated when they are compiled.

Looking each sentence up anew for every visitor cost about as much as all else that writing a page
takes. Sentences in Python are looked up by flask-babel, as ever.
"""

from babel.support import NullTranslations
from flask.templating import Environment
from jinja2 import nodes
from jinja2.visitor import NodeTransformer


class TranslatedEnvironment(Environment):
    """Flask's own environment, whose templates say `_("…")` in the language of `words`."""

    words = NullTranslations()  # of the source, which says it as it is written

    def in_words(self, words: NullTranslations) -> "TranslatedEnvironment":
        """Return the same templates in another language, with globals of their own."""
        other: TranslatedEnvironment = self.overlay(bytecode_cache=None)  # a cache tells none apart
        other.words = words
        other.globals = dict(self.globals)
        return other

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template: nodes.Template = _SentenceInliner(self.words).visit(
            super()._parse(source, name, filename)
        )
        return template


class _SentenceInliner(NodeTransformer):
    """Puts the sentence in the place of `_("…")`, and of `_("… %(name)s", name=…)`.

    Like the call it replaces, it takes the sentence as HTML and escapes what is filled in. Calls
    of other kinds stay what they are.
    """

    def __init__(self, words: NullTranslations) -> None:
        self.words = words

    def visit_Call(self, call: nodes.Call) -> nodes.Node:  # noqa: N802 – as jinja2 names it
        self.generic_visit(call)
        match call:
            case nodes.Call(
                node=nodes.Name(name="_"),
                args=[nodes.Const(value=str(said))],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                sentence = self.words.ugettext(said)
            case _:
                return call
        if not call.kwargs:
            return nodes.TemplateData(sentence % {}, lineno=call.lineno)
        filled = [nodes.Pair(nodes.Const(one.key), one.value) for one in call.kwargs]
        return nodes.Mod(nodes.TemplateData(sentence), nodes.Dict(filled), lineno=call.lineno)
