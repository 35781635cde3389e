"""Note on a slot that its draw was not held in time, and that places go to those who come first."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("slot", sa.Column("draw_given_up_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("slot", "draw_given_up_at")
