"""Who reads English meets every word of the site in English, and the catalogue holds no more."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask

from hub import config, text
from hub.clock import today

ROOT = Path(config.ROOT)
CATALOGUE = ROOT / "hub" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None}
HAN = re.compile("[\u4e00-\u9fff]+")
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")  # its full stops and brackets too
STAY_CHINESE = (  # the site's own name, and examples of what is typed in Chinese
    "【渝好空间】",
    "渝好空间",
    "永利",
    "周一至周五 09:00-18:00；周六 10:00-17:00",
)


@cache
def english() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


@cache
def written() -> Catalog:
    """What the code and the templates say now, collected as `make words` does."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    methods = [(one["pattern"], one["method"]) for one in settings["tool"]["babel"]["mappings"]]
    found = Catalog()
    for name, line, said, comments, context in extract_from_dir(ROOT, methods, keywords=KEYWORDS):
        found.add(said, None, [(name, line)], auto_comments=comments, context=context)
    return found


def entries() -> Iterator[tuple[str, list[str], Message]]:
    """The Chinese, its English (singular and plural where there are two), and the whole entry."""
    for message in english():
        if message.id:
            chinese = message.id if isinstance(message.id, str) else message.id[0]
            said = (
                [message.string] if isinstance(message.string, str) else [*(message.string or ())]
            )
            yield chinese, said, message


def keys(catalogue: Catalog) -> set[object]:
    return {(message.context, message.id) for message in catalogue if message.id}


def placeholders(sentence: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[a-z]|%%", sentence))


def test_every_word_of_the_site_is_in_the_catalogue() -> None:
    missing = keys(written()) - keys(english())
    assert not missing, f"run `make words`, then translate: {missing}"


def test_the_catalogue_holds_no_word_that_the_site_no_longer_says() -> None:
    left_over = keys(english()) - keys(written())
    assert not left_over, f"run `make words` to be rid of: {left_over}"
    assert not english().obsolete, "run `make words` to be rid of what is commented out"


def test_every_word_is_translated_and_none_is_only_guessed() -> None:
    empty = [chinese for chinese, said, _ in entries() if not all(said)]
    guessed = [chinese for chinese, _, message in entries() if message.fuzzy]
    assert not empty, f"not translated yet: {empty}"
    assert not guessed, f"marked fuzzy; look at them: {guessed}"


def test_what_is_filled_in_is_the_same_in_both_languages() -> None:
    differing = [
        (chinese, one)
        for chinese, said, _ in entries()
        for one in said
        if placeholders(one) != placeholders(chinese)
    ]
    assert not differing


def test_nothing_in_the_english_is_misread_as_html_or_as_a_format() -> None:
    """Templates put sentences in the page, and in attributes, as they are: no quotes of HTML."""
    for chinese, said, _ in entries():
        for one in said:
            assert not re.search('[<>&"]', one), f"{chinese}: HTML would misread {one}"
            bare = re.sub(r"%\(\w+\)s|%%", "", one)
            assert "%" not in bare, f"{chinese}: write %% for a per cent sign"


def test_quotation_marks_are_those_that_chinese_fonts_do_not_widen() -> None:
    """Curly ones are drawn as wide as a Chinese character there; straight single ones are not."""
    curly = [one for _, said, _ in entries() for one in said if re.search("[“”‘’]", one)]
    assert not curly


def test_one_and_many_are_both_said() -> None:
    assert english().num_plurals == 2
    assert english().plural_expr == "(n != 1)"
    for chinese, said, message in entries():
        if message.pluralizable:
            assert len(said) == 2, chinese


def test_no_chinese_is_left_in_the_english() -> None:
    for chinese, said, _ in entries():
        for one in said:
            for known in STAY_CHINESE:
                one = one.replace(known, "")
            assert not CHINESE.search(one), chinese


def test_the_catalogue_names_no_tool_no_person_and_no_minute() -> None:
    header = CATALOGUE.read_text().split("\n\n")[0]
    assert "Plural-Forms: nplurals=2; plural=(n != 1);" in header
    for noise in ("Generated-By", "Date", "@", "Last-Translator", "PROJECT", "fuzzy"):
        assert noise not in header


def test_nobody_calls_a_translator_by_a_name_that_is_not_collected() -> None:
    for path in sorted((ROOT / "hub").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "flask_babel":
                for name in node.names:
                    called = name.asname or name.name
                    assert "gettext" not in name.name or called in KEYWORDS, f"{path}: {called}"


def test_the_compiled_catalogue_is_that_of_the_written_one() -> None:
    compiled = CATALOGUE.with_suffix(".mo")
    assert compiled.exists(), "there is no compiled catalogue: run `make test`"
    is_fresh = compiled.stat().st_mtime >= CATALOGUE.stat().st_mtime
    assert is_fresh, "the compiled catalogue is older than the written one: run `make test`"


@pytest.fixture
def in_english(wordless_app: Flask) -> Iterator[None]:
    with wordless_app.test_request_context(headers={"Cookie": "language=en"}):
        yield


@pytest.mark.usefixtures("in_english")
def test_dates_in_english_have_no_sign_of_chinese() -> None:
    for said in (text.day(today()), text.short_day(today()), text.weekday(today())):
        assert not HAN.search(said), said


def test_the_navigation_speaks_english_to_everybody_who_chose_it(wordless_app: Flask) -> None:
    browser = wordless_app.test_client()
    browser.set_cookie("language", "en")
    page = browser.get("/sign-in").get_data(as_text=True)
    assert '<html lang="en">' in page
    left = set(HAN.findall(re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)))
    assert left == {"渝好空间", "中文"}
