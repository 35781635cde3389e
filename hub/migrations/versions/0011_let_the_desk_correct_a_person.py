"""Keep why the staff of a centre corrected a person's name or birth date."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("correction") as correction:
        correction.add_column(
            sa.Column("reason", sa.String(200), nullable=False, server_default="")
        )
        correction.add_column(sa.Column("centre_id", WHOLE, nullable=True))
        correction.create_foreign_key(
            op.f("fk_correction_centre_id"), "centre", ["centre_id"], ["id"]
        )
        correction.create_index(op.f("ix_correction_centre_id_at"), ["centre_id", "at"])


def downgrade() -> None:
    with op.batch_alter_table("correction") as correction:
        correction.drop_index(op.f("ix_correction_centre_id_at"))
        correction.drop_constraint(op.f("fk_correction_centre_id"), type_="foreignkey")
        correction.drop_column("centre_id")
        correction.drop_column("reason")
