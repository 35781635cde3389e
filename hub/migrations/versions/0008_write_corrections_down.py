"""Write down how a person's name and birth date were corrected while they held places."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", WHOLE, nullable=True),
        sa.Column("name_before", sa.String(20), nullable=False),
        sa.Column("name_after", sa.String(20), nullable=False),
        sa.Column("birth_date_before", sa.Date(), nullable=False),
        sa.Column("birth_date_after", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_correction_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_correction_account_id"),
            ondelete="SET NULL",
        ),
    )
    op.create_index(op.f("ix_correction_person_id"), "correction", ["person_id"])


def downgrade() -> None:
    op.drop_table("correction")
