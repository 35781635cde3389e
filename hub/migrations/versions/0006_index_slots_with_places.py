"""Index the slots that have places, so that a city that is booked out is searched as fast."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FREE = sa.text("places_left > 0 AND state = 'open'")


def upgrade() -> None:
    op.create_index(
        "ix_slot_free", "slot", ["starts_at", "id"], sqlite_where=FREE, postgresql_where=FREE
    )


def downgrade() -> None:
    op.drop_index("ix_slot_free", "slot")
