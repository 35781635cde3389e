"""渝好空间: the booking site of Chongqing's neighbourhood centres for women and children.

The words of this program, one for each thing, in code, addresses, tables and tests:

- centre (空间/中心): one 渝好空间; it lies in a district (区县) and has rooms and a team
- kind (服务): one of the nine 好 services
- activity (活动): what a centre offers again and again, with its policy (who may book, fee)
- slot (场次): one dated session of an activity; it copies the policy when it is made
- place (名额): room for one person in a slot
- series (期): dates of an activity that belong together; a whole one (整期) is booked as one
- booking (预约): one person's place in a slot, or turn on its waiting list (候补)
- party: the bookings that stand or fall together: a family in one slot, all dates of a whole 期
- waiting list (候补): the parties that wait for places of a slot, in the order they are served
- offer (留名额): places held for a party that waited, until it says yes or no or time runs out
- draw (摇号): places given in an order that anyone can recompute; before it one enters (报名)
- arrival (签到), leave (请假), no-show (没来), excuse: who came, and what an absence counts for
- household (家庭): persons who are booked for together; its guardians (监护人) have accounts
- person (家人): an adult or a child of a household, for whom slots are booked
- account: a phone number that signs in; staff have roles at centres
- staff member (带领人): somebody of a centre's team, who leads slots
- roster (花名册): who is booked in a slot; day sheet (日程单): what is printed of a day
- group list (接龙): what a chat group writes to sign up, and the text of a slot that it is sent
- feedback (满意度): what a family says of a slot that is over, for the centre's manager only
- calendar feed (日历订阅): the private address at which calendars fetch a household's bookings
- notice (通知): a message to a family, kept in the outbox until it is sent
- closed day: a day on which a centre, or every centre, is closed
"""

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from hub import config, ops
from hub.accounts.views import blueprint as accounts
from hub.bookings.draw.views import blueprint as draws
from hub.bookings.feedback import views as feedback_pages
from hub.bookings.my_bookings import lookup, moving
from hub.bookings.my_bookings.correction import blueprint as correction
from hub.bookings.my_bookings.removal import blueprint as removal
from hub.bookings.my_bookings.views import blueprint as bookings
from hub.bookings.series import views as series_pages
from hub.bookings.single_slot.views import blueprint as slots
from hub.bookings.waiting_list import views as offers
from hub.calendars import views as calendar_pages
from hub.db import db, migrate
from hub.desk.blueprint import blueprint as desk
from hub.families.views import blueprint as families
from hub.ops import design_page
from hub.timetable.sharing import poster, sitemap
from hub.timetable.views import blueprint as timetable
from hub.web import (
    addresses,
    assets,
    error_pages,
    health,
    htmx,
    language,
    large_type,
    offline,
    security,
)

__version__ = "0.1.0"


def create_app(settings: config.Settings | None = None) -> Flask:
    """Make the whole program. Raises ConfigError if the settings do not allow a start."""
    settings = settings or config.load_settings()
    app = Flask(
        "hub",
        static_folder=None,
        template_folder=config.ROOT / "templates",
        instance_path=str(config.INSTANCE),
    )
    app.config.from_mapping(config.for_flask(settings))

    db.init_app(app)
    migrate.init_app(app, db)
    Compress(app)
    language.init_app(app)
    large_type.init_app(app)
    security.init_app(app)
    htmx.init_app(app)
    error_pages.init_app(app)
    addresses.init_app(app)

    app.register_blueprint(health.blueprint)
    app.register_blueprint(offline.blueprint)
    app.register_blueprint(accounts)
    app.register_blueprint(families)
    app.register_blueprint(timetable)
    app.register_blueprint(poster.blueprint)
    app.register_blueprint(sitemap.blueprint)
    app.register_blueprint(slots)
    app.register_blueprint(bookings)
    app.register_blueprint(correction)
    app.register_blueprint(removal)
    app.register_blueprint(draws)
    app.register_blueprint(series_pages.blueprint)
    app.register_blueprint(offers.blueprint)
    app.register_blueprint(moving.blueprint)
    app.register_blueprint(lookup.blueprint)
    app.register_blueprint(calendar_pages.blueprint)
    app.register_blueprint(feedback_pages.blueprint)
    app.register_blueprint(desk)
    if not settings.is_production:
        app.register_blueprint(design_page.blueprint)
    ops.init_app(app)

    assets.init_app(app)
    if settings.proxies:
        trusted = settings.proxies
        layered = ProxyFix(app.wsgi_app, trusted, trusted, trusted)
        app.wsgi_app = layered  # type: ignore[method-assign]  # Flask's own way to add a layer
    return app
