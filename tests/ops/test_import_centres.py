"""hub import-centres: a real list is loaded as a whole, or not at all."""

from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from hub.audit import AuditEntry
from hub.catalogue.models import Centre, Kind, Room
from hub.db import db
from hub.ops.seed.files import FOLDER
from tests.aliases import Save
from tests.makers import a_centre
from tests.ops.conftest import run

REAL = (FOLDER / "centres.csv").read_text()


def load(app: Flask, folder: Path, text: str) -> Any:
    (folder / "centres.csv").write_text(text)
    return run(app, "import-centres", str(folder / "centres.csv"))


def centre(app: Flask, name: str) -> dict[str, Any]:
    with app.app_context():
        row = db.session.scalars(select(Centre).where(Centre.name == name)).one()
        return {
            "district": row.district.name,
            "address": row.address,
            "area": row.area_m2,
            "phone": row.phone,
            "initials": row.initials,
            "rooms": [room.name for room in row.rooms],
            "kinds": [kind.name for kind in row.kinds],
            "hours": {day.weekday: (day.opens.hour, day.closes.hour) for day in row.opening_hours},
            "is_demo": row.is_demo,
        }


def test_the_real_list_is_loaded_into_an_empty_installation(app: Flask, tmp_path: Path) -> None:
    result = load(app, tmp_path, REAL)
    assert result.output == "新增 3 个，更改 0 个，没有变化 0 个\n"
    assert centre(app, "永利社区渝好空间") == {
        "district": "万盛经开区",
        "address": "",
        "area": 1142,
        "phone": "",
        "initials": "ylsqyhkj",
        "rooms": [],
        "kinds": ["好业工坊", "好梦童年", "好姐家政"],
        "hours": {},
        "is_demo": False,
    }


def test_loading_a_list_again_changes_nothing(app: Flask, tmp_path: Path) -> None:
    load(app, tmp_path, REAL)
    result = load(app, tmp_path, REAL)
    assert result.output == "新增 0 个，更改 0 个，没有变化 3 个\n"
    with app.app_context():
        assert db.session.scalar(select(func.count(AuditEntry.id))) == 3


def test_a_known_centre_is_changed_only_where_the_list_says_something(
    app: Flask, tmp_path: Path
) -> None:
    full = "name,district,address,phone,area_m2,rooms,services,hours\n"
    load(
        app,
        tmp_path,
        f"{full}甲社区,渝中区,一路1号,023-63000001,90,阅读区,好梦童年,每天 9:00-18:00\n",
    )
    result = load(
        app, tmp_path, f"{full}甲社区,江北区,,,100,手工区;阅读区,好业工坊,周一 10:00-17:00\n"
    )
    assert result.output == "新增 0 个，更改 1 个，没有变化 0 个\n"
    assert centre(app, "甲社区") == {
        "district": "江北区",
        "address": "一路1号",
        "area": 100,
        "phone": "023-63000001",
        "initials": "jsq",
        "rooms": ["阅读区", "手工区"],
        "kinds": ["好业工坊"],
        "hours": {0: (10, 17)},
        "is_demo": False,
    }
    load(app, tmp_path, "name,district\n甲社区,江北区\n")
    assert centre(app, "甲社区")["kinds"] == ["好业工坊"]
    assert centre(app, "甲社区")["hours"] == {0: (10, 17)}


def test_one_wrong_line_and_nothing_is_loaded(app: Flask, tmp_path: Path) -> None:
    load(app, tmp_path, REAL)
    result = load(
        app, tmp_path, "name,district,area_m2\n新社区,渝中区,90\n永利社区渝好空间,万盛,5\n"
    )
    assert result.exit_code == 1
    assert "没有导入任何中心" in result.output
    assert "第 3 行：没有“万盛”这个区县" in result.output
    assert centre(app, "永利社区渝好空间")["area"] == 1142
    with app.app_context():
        assert db.session.scalar(select(func.count(Centre.id))) == 3


def test_a_list_saved_by_excel_in_chinese_is_loaded(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "gbk.csv").write_bytes(REAL.encode("gbk"))
    assert run(app, "import-centres", str(tmp_path / "gbk.csv")).exit_code == 0
    assert centre(app, "代家岗社区渝好空间")["rooms"] == ["阅读区", "手工区", "游戏区"]


def test_a_demo_centre_is_never_taken_for_a_real_one(
    app: Flask, saved: Save, tmp_path: Path
) -> None:
    saved(a_centre(name="甲社区", is_demo=True))
    with app.app_context():
        run(app, "import-centres", str(FOLDER / "centres.csv"))
        district = db.session.scalars(select(Centre)).all()[0].district.name
    result = load(app, tmp_path, f"name,district\n甲社区,{district}\n")
    assert result.exit_code == 1
    assert "第 2 行：“甲社区”是演示数据里的中心" in result.output


def test_a_service_without_a_name_yet_cannot_be_offered(app: Flask, tmp_path: Path) -> None:
    result = load(app, tmp_path, "name,district,services\n甲社区,渝中区,筹备中\n")
    assert "没有“筹备中”这项服务" in result.output
    with app.app_context():
        assert db.session.scalar(select(func.count(Kind.id))) == 0, "not even half of it is kept"


def test_a_formula_stays_a_text(app: Flask, tmp_path: Path) -> None:
    load(app, tmp_path, "name,district,rooms\n=1+1,渝中区,@SUM(A1)\n")
    with app.app_context():
        assert db.session.scalars(select(Centre.name)).all() == ["=1+1"]
        assert db.session.scalars(select(Room.name)).all() == ["@SUM(A1)"]
