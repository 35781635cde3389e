"""How names are typed."""

import subprocess
import sys

import pytest

from hub.catalogue.models import Centre
from hub.catalogue.pinyin import set_name, spell


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("永利社区渝好空间", "yonglishequyuhaokongjian", "ylsqyhkj"),
        ("代家岗社区", "daijiagangshequ", "djgsq"),
        ("重庆", "chongqing", "cq"),  # not zhongqing
        ("音乐", "yinyue", "yy"),
        ("绿", "lv", "l"),
        ("3号A座 Yuhao", "3haoazuoyuhao", "3hazyuhao"),
        ("３号", "3hao", "3h"),  # wide figures are typed narrow
        ("桂花里（演示）", "guihualiyanshi", "ghlys"),
        ("", "", ""),
    ],
)
def test_a_name_is_found_as_it_is_typed(name: str, pinyin: str, initials: str) -> None:
    assert spell(name) == (pinyin, initials)


def test_a_row_is_given_its_name_with_what_it_is_found_by() -> None:
    centre = Centre()
    set_name(centre, "重庆" * 30)
    assert centre.name == "重庆" * 30
    assert len(centre.pinyin) == 200
    assert centre.initials == "cq" * 30


def test_a_process_that_saves_no_name_never_loads_the_dictionary() -> None:
    program = "import sys, hub; hub.create_app(); print('pypinyin' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout.strip() == b"False"
