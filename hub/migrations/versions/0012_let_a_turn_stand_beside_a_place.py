"""Let a person wait, or be entered for a draw, at the time of a place; two places never overlap."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAME = "ex_booking_person_id_overlap"
HOLDING = "state IN ('offered', 'confirmed') AND person_id IS NOT NULL"
LIVE = "state IN ('entered', 'waiting', 'offered', 'confirmed') AND person_id IS NOT NULL"


def upgrade() -> None:
    _guard(HOLDING)


def downgrade() -> None:
    _guard(LIVE)


def _guard(held: str) -> None:
    """Make the guard anew, for bookings in these states."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(NAME, "booking")
        op.execute(
            f"ALTER TABLE booking ADD CONSTRAINT {NAME} EXCLUDE USING gist ("
            "int8range(person_id, person_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&"
            f") WHERE ({held})"
        )
        return
    new = held.replace("state", "NEW.state").replace("person_id", "NEW.person_id")
    for event in ("INSERT", "UPDATE OF person_id, starts_at, ends_at, state"):
        name = f"{NAME}_{event[:6].lower()}"
        op.execute(f"DROP TRIGGER {name}")
        op.execute(
            f"CREATE TRIGGER {name} "
            f"BEFORE {event} ON booking WHEN {new} AND EXISTS ("
            f"SELECT 1 FROM booking WHERE person_id = NEW.person_id AND {held} "
            "AND id IS NOT NEW.id AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at) "
            f"BEGIN SELECT RAISE(ABORT, '{NAME}'); END"
        )
