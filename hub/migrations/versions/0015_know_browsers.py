"""Keep in which browsers an account has signed in before."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "known_browser",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("account_id", WHOLE, nullable=False),
        sa.Column("key_hash", sa.String(200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_browser")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_known_browser_account_id"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "account_id", "key_hash", name=op.f("uq_known_browser_account_id_key_hash")
        ),
    )
    op.create_index(op.f("ix_known_browser_expires_at"), "known_browser", ["expires_at"])


def downgrade() -> None:
    op.drop_table("known_browser")
