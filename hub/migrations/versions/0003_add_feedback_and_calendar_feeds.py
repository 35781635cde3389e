"""Add feedback on slots and the calendar feeds of households."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("household_id", WHOLE, nullable=False),
        sa.Column("token", sa.String(length=60), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_calendar_feed_household_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token", name=op.f("uq_calendar_feed_token")),
    )
    op.create_table(
        "feedback",
        sa.Column("booking_id", WHOLE, nullable=False),
        sa.Column("centre_id", WHOLE, nullable=False),
        sa.Column("account_id", WHOLE, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("is_glad", sa.Boolean(), nullable=False),
        sa.Column("word", sa.String(length=200), nullable=False),
        sa.Column("may_call", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_feedback_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_feedback_booking_id")
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_feedback_centre_id")),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback") as batch:
        batch.create_index(batch.f("ix_feedback_at"), ["at"])
        batch.create_index(batch.f("ix_feedback_centre_id_at"), ["centre_id", "at"])


def downgrade() -> None:
    op.drop_table("feedback")
    op.drop_table("calendar_feed")
