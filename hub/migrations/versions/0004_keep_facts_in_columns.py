"""Keep in columns what was read from the audit, and name a table and an index plainly."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
WAITS_BESIDE_PLACES = sa.text("waiting > 0 AND places_left > 0")
# Each entry ends with the state in which it left the booking.
OF_BOOKING = "audit_entry.subject = 'booking' AND audit_entry.subject_id = booking.id"
OF_SLOT = "audit_entry.subject = 'slot' AND audit_entry.subject_id = booking.slot_id"
OF_PERSON = "audit_entry.subject = 'person' AND audit_entry.subject_id = person.id"
CALLED_OFF = (
    "audit_entry.subject = 'slot' AND audit_entry.subject_id = slot.id "
    "AND audit_entry.act = 'call_off'"
)


def upgrade() -> None:
    _add_columns()
    _fill_columns()
    for table in ("excuse", "reordering"):
        _give_centre(table)
    _rename_forms()
    op.drop_index("ix_slot_due_line", "slot")
    op.create_index(
        "ix_slot_due_waiting_list",
        "slot",
        ["starts_at"],
        sqlite_where=WAITS_BESIDE_PLACES,
        postgresql_where=WAITS_BESIDE_PLACES,
    )


def _add_columns() -> None:
    """Add columns in place: a table of SQLite that is built anew would lose its triggers."""
    op.add_column("booking", sa.Column("confirmed_at", INSTANT, nullable=True))
    op.add_column("booking", sa.Column("changes", WHOLE, nullable=False, server_default="0"))
    op.add_column("booking", sa.Column("changed_at", INSTANT, nullable=True))
    op.add_column("person", sa.Column("entered_at", INSTANT, nullable=True))
    op.add_column("slot", sa.Column("called_off_by_id", WHOLE, nullable=True))


def _fill_columns() -> None:
    op.execute(
        f"UPDATE booking SET changes = (SELECT count(*) FROM audit_entry WHERE {OF_BOOKING}) "
        f"+ (SELECT count(*) FROM audit_entry WHERE {OF_SLOT}), "
        "changed_at = (SELECT max(at) FROM audit_entry "
        f"WHERE ({OF_BOOKING}) OR ({OF_SLOT})), "
        "confirmed_at = (SELECT min(at) FROM audit_entry "
        f"WHERE {OF_BOOKING} AND audit_entry.detail LIKE '% confirmed')"
    )
    op.execute(
        "UPDATE booking SET confirmed_at = made_at "
        "WHERE confirmed_at IS NULL AND state = 'confirmed'"
    )
    op.execute(
        "UPDATE person SET entered_at = (SELECT max(at) FROM audit_entry "
        f"WHERE {OF_PERSON} AND audit_entry.act = 'add')"
    )
    op.execute(
        "UPDATE slot SET called_off_by_id = (SELECT max(audit_entry.account_id) "
        f"FROM audit_entry WHERE {CALLED_OFF}) "
        "WHERE state = 'called_off'"
    )


def _give_centre(table: str) -> None:
    """Copy the centre of the slot, so that a manager's page begins at an index of the centre."""
    op.add_column(table, sa.Column("centre_id", WHOLE, nullable=True))
    op.execute(
        f"UPDATE {table} SET centre_id = (SELECT slot.centre_id FROM slot "
        f"JOIN booking ON booking.slot_id = slot.id WHERE booking.id = {table}.booking_id)"
    )
    with op.batch_alter_table(table) as batch:
        batch.alter_column("centre_id", existing_type=WHOLE, nullable=False)
        name = batch.f(f"fk_{table}_centre_id")
        batch.create_foreign_key(name, "centre", ["centre_id"], ["id"])
    op.create_index(f"ix_{table}_centre_id_at", table, ["centre_id", "at"])


def _rename_forms() -> None:
    """Make the table anew: what is in it expires within half an hour."""
    op.drop_table("kept_form")
    op.create_table(
        "saved_form",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("token_hash", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_form")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_saved_form_token_hash")),
    )
    op.create_index("ix_saved_form_expires_at", "saved_form", ["expires_at"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before")
