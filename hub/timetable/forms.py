"""The filters of visitors who look for a slot or a centre. Nothing here changes anything."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, SearchField, SelectField

from hub import text
from hub.catalogue.models import District, Kind
from hub.catalogue.queries import plain_words
from hub.families.models import Person
from hub.families.rules import ADULT_YEARS, OLDEST_YEARS
from hub.timetable.age_limits import Ages
from hub.timetable.queries import Wish

DAYS_TO_CHOOSE = 14
ADULT = "adult"


class DistrictForm(FlaskForm):
    """The visitor's district; remembered, so that the home page shows it first."""

    class Meta:
        csrf = False  # kept by hub.web.preference_cookies, which tells where a form comes from

    district = SelectField(_l("我在哪个区县"), validate_choice=False)
    back = HiddenField()

    def offer(self, districts: Sequence[tuple[District, bool]]) -> None:
        self.district.choices = district_choices(districts)


class CentresForm(FlaskForm):
    """A centre's name, or a district."""

    class Meta:
        csrf = False

    q = SearchField(_l("名称、拼音或首字母"))
    district = SelectField(_l("区县"), validate_choice=False)

    def offer(self, districts: Sequence[tuple[District, bool]]) -> None:
        """Fill the list, and put back to “all” what is not on it."""
        self.district.choices = district_choices(districts)
        self.unknown = [] if is_offered(self.district) else [self.district]
        self.district.data = "" if self.unknown else self.district.data or ""
        self.q.data = plain_words(self.q.data or "")

    @property
    def words(self) -> str:
        return self.q.data or ""

    @property
    def district_id(self) -> int | None:
        return int(self.district.data) if self.district.data else None

    def chosen(self) -> dict[str, str]:
        """What is looked for, as it stands in an address."""
        asked = {"q": self.q.data, "district": self.district.data}
        return {name: value for name, value in asked.items() if value}


class FindForm(FlaskForm):
    """The filters of the timetable. Values that no list offers are dropped, with a word of it."""

    class Meta:
        csrf = False

    district = SelectField(_l("区县"), validate_choice=False)
    kind = SelectField(_l("服务"), validate_choice=False)
    age = SelectField(_l("给几岁的人"), validate_choice=False)
    places = BooleanField(_l("只看有名额的"), false_values=("", "0", "false"))
    day = HiddenField(_l("哪一天"))  # chosen by a link each, in a strip above the list

    def offer(
        self,
        districts: Sequence[tuple[District, bool]],
        kinds: Sequence[Kind],
        persons: Sequence[Person],
        today: date,
    ) -> None:
        """Fill the lists, and put back to “all” what is on none of them (see `unknown`)."""
        self.district.choices = district_choices(districts)
        active = {kind.code: kind.name for kind in kinds if kind.is_active}
        self.kind.choices = {"": _("全部服务")} | active
        self.age.choices = _age_choices(persons, today)
        self.days = [today + timedelta(days=ahead) for ahead in range(DAYS_TO_CHOOSE)]
        self.age.data = _age_asked(self.age.data)
        lists = (self.district, self.kind, self.age)
        self.unknown: list[Field] = [field for field in lists if not is_offered(field)]
        if self.day.data and self.day.data not in map(str, self.days):
            self.unknown.append(self.day)
        for field in (*lists, self.day):
            field.data = "" if field in self.unknown else field.data or ""

    def wish(self, kinds: Sequence[Kind]) -> Wish:
        """Return what was chosen, for the search; call it after offer()."""
        kind_ids = {kind.code: kind.id for kind in kinds}
        age = self.age.data
        years = ADULT_YEARS if age == ADULT else int(age) if age else None
        return Wish(
            district_id=int(self.district.data) if self.district.data else None,
            kind_id=kind_ids.get(self.kind.data),
            ages=None if years is None else Ages.of_years(years),
            day=date.fromisoformat(self.day.data) if self.day.data else None,
            only_places=self.places.data,
        )

    def said(self) -> list[str]:
        """Return the filters in use, in words; the day stands in its strip."""
        lists = (self.district, self.kind, self.age)
        labels = [_choices_of(field)[field.data] for field in lists if field.data]
        return [*labels, _("有名额")] if self.places.data else labels

    def chosen(self) -> dict[str, str]:
        """Return the filters in use, as they stand in an address."""
        lists = (self.district, self.kind, self.age, self.day)
        chosen = {field.name: field.data for field in lists if field.data}
        return chosen | ({"places": "1"} if self.places.data else {})


def district_choices(districts: Sequence[tuple[District, bool]]) -> dict[str, str]:
    """Return all of the city and each district, those with a centre first."""
    there = {str(district.id): district.name for district, has_centre in districts if has_centre}
    others = {
        str(district.id): _("%(district)s（还没有空间）", district=district.name)
        for district, has_centre in districts
        if not has_centre
    }
    return {"": _("全部区县")} | there | others


def _age_choices(persons: Sequence[Person], today: date) -> dict[str, str]:
    """Return the years of age, each with the visitor's own family beside it."""
    years = range(1, ADULT_YEARS)
    labels = {"0": _("不满1岁")} | {str(year): _("%(years)s岁", years=year) for year in years}
    labels[ADULT] = _("成人")
    for step, names in _names_by_age(persons, today).items():
        labels[step] = _("%(age)s（%(names)s）", age=labels[step], names=_("、").join(names))
    return {"": _("年龄不限")} | labels


def _names_by_age(persons: Sequence[Person], today: date) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for person in persons:
        years = text.months_old(person.birth_date, today) // 12
        names.setdefault(ADULT if years >= ADULT_YEARS else str(years), []).append(person.name)
    return names


def _age_asked(typed: str | None) -> str | None:
    """Return the age asked for; years above childhood, as a link may say them, are all adult."""
    if typed and typed.isascii() and typed.isdigit() and len(typed) < 4:
        return ADULT if ADULT_YEARS <= int(typed) <= OLDEST_YEARS else typed
    return typed


def is_offered(field: SelectField) -> bool:
    """Whether the chosen value is on the field's list; no choice is fine."""
    return not field.data or field.data in _choices_of(field)


def _choices_of(field: SelectField) -> dict[str, str]:
    return field.choices if isinstance(field.choices, dict) else {}
