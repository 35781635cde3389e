"""Give the worker's questions indexes of their few rows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# (table, index, column, which rows)
DUE = (
    ("notice", "ix_notice_due", "due_at", "sent_at IS NULL AND tries < 5"),
    ("notice", "ix_notice_given_up", "id", "sent_at IS NULL AND tries >= 5"),
    ("draw", "ix_draw_to_freeze", "id", "drawn_at IS NULL AND frozen_at IS NULL"),
    ("draw", "ix_draw_to_draw", "id", "drawn_at IS NULL AND frozen_at IS NOT NULL"),
)


def upgrade() -> None:
    op.drop_index("ix_notice_sent_at_due_at", "notice")
    op.drop_index("ix_draw_drawn_at_numbered_at", "draw")
    for table, name, column, which in DUE:
        rows = sa.text(which)
        op.create_index(name, table, [column], sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    for table, name, _column, _which in DUE:
        op.drop_index(name, table)
    op.create_index("ix_draw_drawn_at_numbered_at", "draw", ["drawn_at", "numbered_at"])
    op.create_index("ix_notice_sent_at_due_at", "notice", ["sent_at", "due_at"])
