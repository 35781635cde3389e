"""Mark what stays Chinese on an English page: names, titles, what a centre wrote.

A screen reader then reads it aloud instead of spelling it, and it is drawn as it is in China. The
words come from the database and stand everywhere, so they are marked where a page is finished,
not by each template.
"""

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
# From the first to the last sign of Chinese; between them anything but letters and HTML.
CHINESE = re.compile(rf"[{HAN}](?:[^<>&A-Za-z]*[{HAN}\u3000-\u303f\uff00-\uffef])?")
# Text that can hold no element is one piece with its tags.
PIECE = re.compile(r"<(script|style|title|textarea)\b[^>]*>.*?</\1>|<[^>]*>|[^<]+", re.DOTALL)
IS_MARKED = 'lang="zh-CN"'


def mark_chinese(html: str) -> str:
    """Return the page with its Chinese marked; takes HTML as the templates write it."""
    pieces = [found[0] for found in PIECE.finditer(html)]
    for place, piece in enumerate(pieces):
        if piece.startswith("<") or not CHINESE.search(piece):
            continue
        within = pieces[place - 1] if place else ""
        if within.startswith("<option"):  # which holds text only
            pieces[place - 1] = within.replace("<option", f"<option {IS_MARKED}", 1)
        elif IS_MARKED not in within:
            pieces[place] = CHINESE.sub(rf"<span {IS_MARKED}>\g<0></span>", piece)
    return "".join(pieces)
