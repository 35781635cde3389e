"""The pinyin of a Chinese name, and the pinyin's initials, for searching by keyboard."""

import unicodedata

from hub.catalogue.models import Searchable


def set_name(row: Searchable, name: str) -> None:
    """Set a row's name together with its pinyin and initials; nothing else writes the three."""
    row.name = name
    pinyin, initials = spell(name)
    row.pinyin, row.initials = pinyin[:200], initials[:60]


def spell(name: str) -> tuple[str, str]:
    """重庆渝中 → (chongqingyuzhong, cqyz): lower-case ASCII, without spaces or signs.

    Latin letters and digits stay as they are, in both.
    """
    # Loading the dictionary takes 0.2 s and 56 MB: only processes that save a name pay for it.
    from pypinyin import lazy_pinyin

    plain = unicodedata.normalize("NFKC", name).lower()  # ３Ａ is typed 3a
    # What is not Chinese comes letter by letter, so that all of it is kept among the initials.
    syllables = lazy_pinyin(plain, errors=list)  # type: ignore[arg-type]  # a list is fine
    typed = [syllable for syllable in syllables if syllable.isascii() and syllable.isalnum()]
    return "".join(typed), "".join(syllable[0] for syllable in typed)
