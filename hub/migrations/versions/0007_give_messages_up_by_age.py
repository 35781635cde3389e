"""Give messages up by what they are for and not by tries: columns, and the indexes of what is due.

Built in place: a table of SQLite that is built anew would lose what refers to it.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
BEFORE = {"due": "sent_at IS NULL AND tries < 5", "given_up": "sent_at IS NULL AND tries >= 5"}
NOW = {
    "due": "sent_at IS NULL AND given_up_at IS NULL",
    "given_up": "sent_at IS NULL AND given_up_at IS NOT NULL",
}
COLUMN = {"due": "due_at", "given_up": "id"}


def upgrade() -> None:
    _drop_indexes()
    # SQLite wants a default for a column that is never null; no row keeps it.
    op.add_column(
        "notice",
        sa.Column("expires_at", INSTANT, nullable=False, server_default="1970-01-01 00:00:00+00"),
    )
    op.add_column("notice", sa.Column("given_up_at", INSTANT, nullable=True))
    later = sa.bindparam("later", datetime.now(UTC) + timedelta(days=1), INSTANT)
    op.execute(sa.text("UPDATE notice SET expires_at = :later").bindparams(later))
    op.execute("UPDATE notice SET given_up_at = due_at WHERE sent_at IS NULL AND tries >= 5")
    _make_indexes(NOW)


def downgrade() -> None:
    _drop_indexes()
    op.execute("UPDATE notice SET tries = 5 WHERE sent_at IS NULL AND given_up_at IS NOT NULL")
    op.drop_column("notice", "given_up_at")
    op.drop_column("notice", "expires_at")
    _make_indexes(BEFORE)


def _drop_indexes() -> None:
    for name in BEFORE:
        op.drop_index(f"ix_notice_{name}", "notice")


def _make_indexes(which: dict[str, str]) -> None:
    for name, words in which.items():
        rows = sa.text(words)
        op.create_index(
            f"ix_notice_{name}",
            "notice",
            [COLUMN[name]],
            sqlite_where=rows,
            postgresql_where=rows,
        )
