"""The rules of this house; each fails with the sentence a reviewer would say."""

import ast
import base64
import hashlib
import io
import itertools
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from hub.config import ROOT
from hub.web.security import Admits

PYTHON = sorted((ROOT / "hub").rglob("*.py"))
CODE = [path for path in PYTHON if "migrations" not in path.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MOST_MODULES = 14  # in one folder of hub/
LONGEST = 500  # lines of one file: a question, since size alone says nothing
EVERYBODY = {
    "accounts.enter_code",
    "accounts.enter_password",
    "accounts.request_code",
    "accounts.show_code",
    "accounts.show_password",
    "accounts.show_sign_in",
    "accounts.sign_out",
    "slots.show_slot",
    "calendar.show_feed",
    "design.show_design",
    "draws.show_draw",
    "draws.show_list",
    "health.show_health",
    "health.show_readiness",
    "language.choose_language",
    "large_type.choose_large_type",
    "lookup.look_up",
    "lookup.show_lookup",
    "offers.accept_offer",
    "offers.decline_offer",
    "offers.show_offer",
    "offline.show_manifest",
    "offline.show_offline",
    "offline.show_worker",
    "posters.show_poster",
    "series.show_series",
    "sitemap.show_pages",
    "sitemap.show_robots",
    "sitemap.show_sitemap",
    "sitemap.show_slots",
    "timetable.centres",
    "timetable.choose_district",
    "timetable.find",
    "timetable.home",
    "timetable.show_centre",
}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CODE, ids=named)
def test_nobody_commits_but_transaction(path: Path) -> None:
    commits = re.findall(r"\.commit\(", path.read_text())
    assert not commits or path == ROOT / "hub" / "db.py", (
        f"{named(path)} commits: say `with transaction():` in the view or command"
    )


@pytest.mark.parametrize(
    "path", [path for path in CODE if path.name in {"actions.py", "rules.py"}], ids=named
)
def test_actions_and_rules_do_not_know_the_request(path: Path) -> None:
    words = set(re.findall(r"\b(request|current_user|session\[)", path.read_text()))
    names = {
        alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("flask")
        for alias in node.names
    }
    known = names & {"request", "current_user", "session", "g"}
    assert not known, f"{named(path)} knows {known or words}: pass what it needs"


@pytest.mark.parametrize("path", CODE, ids=named)
def test_htmx_is_known_to_one_module(path: Path) -> None:
    if named(path) not in ("hub/web/htmx.py", "hub/__init__.py"):
        text = path.read_text().lower().replace("from hub.web.htmx import", "")
        assert "htmx" not in text, f"{named(path)} speaks of htmx: page() decides, no view asks"
        assert '"hx-' not in text, f"{named(path)} sets an HX header: that is for htmx.py"


@pytest.mark.parametrize("path", CODE, ids=named)
def test_the_time_comes_from_the_clock(path: Path) -> None:
    if path.name != "clock.py":
        found = re.findall(r"datetime\.now|date\.today|time\.time\(|utcnow", path.read_text())
        assert not found, f"{named(path)} asks {found[0]}: ask hub.clock, which tests can stop"


@pytest.mark.parametrize("path", [*CODE, *TEMPLATES], ids=named)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= LONGEST, f"{named(path)} has {lines} lines: which part is a thing of its own?"


def test_a_folder_holds_one_thing() -> None:
    for folder in {path.parent for path in CODE}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= MOST_MODULES, (
            f"{named(folder)} holds {len(modules)} modules: which of them are a room of their own?"
        )


def test_docstrings_and_comments_speak_of_everybody_as_they() -> None:
    """What somebody does is said of "they", "the family", "the visitor"."""
    mannered = re.compile(r"\b(she|hers?|herself|whoever|whomever)\b", re.IGNORECASE)
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    for path in (*CODE, *tests, *(ROOT / "bench").glob("*.py")):
        for sentence in _told_to_developers(path.read_text()):
            assert not mannered.search(sentence), f"{named(path)}: {sentence.strip()}"
    for path in TEMPLATES:
        for sentence in re.findall(r"\{#.*?#\}", path.read_text(), re.DOTALL):
            assert not mannered.search(sentence), f"{named(path)}: {sentence.strip()}"


def _told_to_developers(code: str) -> Iterator[str]:
    """The docstrings and comments of a module."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def test_names_say_what_a_thing_is() -> None:
    vague = {"utils", "helpers", "common", "manager", "service", "handler", "data", "info"}
    for path in CODE:
        assert path.stem not in vague, f"{named(path)}: if a name is hard, the thing is not clear"


def test_every_page_says_whom_it_admits_and_few_admit_everybody(wordless_app: Flask) -> None:
    open_to_all = set()
    for endpoint, view in wordless_app.view_functions.items():
        admits = getattr(view, "admits", None)
        assert admits is not None, f"{endpoint} names nobody it admits, so it is closed to all"
        if admits is Admits.EVERYONE:
            open_to_all.add(endpoint)
    assert open_to_all == EVERYBODY, "the list of pages open to everybody is changed on purpose"


def test_addresses_are_nouns_in_kebab_case(wordless_app: Flask) -> None:
    for rule in wordless_app.url_map.iter_rules():
        bare = re.sub(r"<[^>]+>", "", rule.rule)
        assert re.fullmatch(r"[a-z0-9/-]*(\.[a-z]+)?", bare), f"{rule.rule}: write it in kebab-case"
        verbs = {"do", "get", "create", "delete", "update", "edit", "save", "cancel"}
        assert not verbs & set(bare.split("/")), f"{rule.rule}: an address is a noun"


def test_a_view_reads_or_writes_but_not_both(wordless_app: Flask) -> None:
    for rule in wordless_app.url_map.iter_rules():
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        assert len(methods) == 1, f"{rule.endpoint}: GET and POST are two functions"
        assert methods <= {"GET", "POST"}, f"{rule.endpoint}: forms send GET and POST only"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_templates_hold_no_inline_script_style_or_handler(path: Path) -> None:
    text = path.read_text()
    inline = r"<script(?![^>]*\b(?:src=|ld\+json))|<style|\sstyle=|\son[a-z]+=|javascript:"
    assert not re.search(inline, text), (
        f"{named(path)}: the content security policy blocks what is inline"
    )
    assert not re.search(r"\shx-", text), f"{named(path)}: write data-hx-…"
    assert not re.search(r"https?://", text.replace("http://www.w3.org", "")), (
        f"{named(path)}: nothing comes from other sites"
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_block_that_is_a_target_has_its_id(path: Path) -> None:
    targets = re.findall(r'data-hx-target="#([\w-]+)"', path.read_text())
    for target, page in itertools.product(targets, _pages_with(path)):
        text = page.read_text()
        assert f"{{% block {target.replace('-', '_')} %}}" in text, f"{named(page)}: no {target}"
        assert f'id="{target}"' in text, f"{named(page)}: the block {target} needs its id"


def _pages_with(path: Path) -> list[Path]:
    """The page itself; of a part, the pages that include it, maybe by way of other parts."""
    if not path.name.startswith("_"):
        return [path]
    include = f'{{% include "{path.relative_to(ROOT / "templates")}" %}}'
    around = [page for page in TEMPLATES if include in page.read_text()]
    return [page for part in around for page in _pages_with(part)]


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_chinese_in_templates_can_be_translated(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", text, flags=re.DOTALL)
    bare = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    left = re.findall(r"[\u4e00-\u9fff]+", bare.replace("渝好空间", ""))
    assert not left, f"{named(path)}: {left[0]} is written outside _(…)"


def test_htmx_is_the_file_that_was_reviewed() -> None:
    path = ROOT / "static" / "vendor" / "htmx-2.0.11.min.js"
    digest = base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
    integrity = f"sha384-{digest}"
    assert integrity in (ROOT / "templates" / "base.html").read_text()
    assert integrity in (ROOT / "static" / "vendor" / "README.md").read_text()


def test_the_top_level_holds_what_it_should() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    top = {name.split("/")[0] for name in tracked if name}
    assert top <= {
        ".ci", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "Makefile", "README.md",
        "README.zh-CN.md", "bench", "gunicorn.conf.py", "hub", "instance", "pyproject.toml",
        "requirements-dev.lock", "requirements.lock", "static", "templates", "tests", "wsgi.py",
    }  # fmt: skip
