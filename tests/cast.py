"""The standing cast: one family, another one, and the staff of two centres."""

from dataclasses import dataclass

from hub.accounts.models import RoleName
from hub.db import db
from tests.makers import (
    a_centre,
    a_child,
    a_district,
    a_guardian,
    a_household,
    a_kind,
    an_account,
    an_activity,
    an_adult,
    staff_of,
    years_ago,
)


@dataclass(frozen=True)
class Cast:
    """The ids of everybody; `mother` to `stranger` are accounts that `browser.sign_in` takes."""

    mother: int  # of the household of 陈岚 (35), 小满 (6) and 朵朵 (2)
    grandmother: int  # shares the household
    other_mother: int  # of another household, with 阿木 (6)
    stranger: int  # has signed in once and has no household yet
    clerk: int  # at the desk of `centre`
    manager: int  # of `centre`
    other_clerk: int  # at the desk of `other_centre`
    administrator: int  # of every centre

    household: int
    lan: int
    xiaoman: int
    duoduo: int
    other_household: int
    amu: int

    centre: int
    other_centre: int
    activity: int  # of `centre`, for children


def the_cast() -> Cast:
    """Save everybody, in the caller's app context."""
    kind = a_kind(code="childhood", name="好梦童年", icon="childhood")
    centre = a_centre(name="榕树社区渝好空间", district=a_district(name="渝中区"))
    other_centre = a_centre(name="江畔社区渝好空间", district=a_district(name="南岸区"))
    activity = an_activity(centre, title="亲子绘本", kind=kind)
    household, other_household = a_household(), a_household()
    lan = an_adult(household, name="陈岚")
    xiaoman = a_child(household, name="小满")
    duoduo = a_child(household, name="朵朵", birth_date=years_ago(2))
    amu = a_child(other_household, name="阿木")
    mother = a_guardian(household, phone="+8613800000001")
    grandmother = a_guardian(household, phone="+8613800000002")
    other_mother = a_guardian(other_household, phone="+8613800000003")
    stranger = an_account(phone="+8613800000004")
    db.session.add_all([kind, centre, other_centre, activity, lan, xiaoman, duoduo, amu])
    db.session.add_all([mother, grandmother, other_mother, stranger])
    db.session.flush()
    clerk = staff_of(centre, RoleName.DESK, phone="+8613800000011")
    manager = staff_of(centre, RoleName.MANAGER, phone="+8613800000012")
    other_clerk = staff_of(other_centre, RoleName.DESK, phone="+8613800000013")
    administrator = staff_of(None, RoleName.ADMINISTRATOR, phone="+8613800000014")
    db.session.add_all([clerk, manager, other_clerk, administrator])
    db.session.commit()
    return Cast(
        mother=mother.account_id,
        grandmother=grandmother.account_id,
        other_mother=other_mother.account_id,
        stranger=stranger.id,
        clerk=clerk.id,
        manager=manager.id,
        other_clerk=other_clerk.id,
        administrator=administrator.id,
        household=household.id,
        lan=lan.id,
        xiaoman=xiaoman.id,
        duoduo=duoduo.id,
        other_household=other_household.id,
        amu=amu.id,
        centre=centre.id,
        other_centre=other_centre.id,
        activity=activity.id,
    )
