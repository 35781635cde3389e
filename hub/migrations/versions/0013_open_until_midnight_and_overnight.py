"""Let a centre be open until midnight, and overnight: it closes at or before the time it opens."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("opening_hours") as hours:
        hours.drop_constraint(op.f("ck_opening_hours_order"), type_="check")


def downgrade() -> None:
    op.execute("DELETE FROM opening_hours WHERE closes <= opens")
    with op.batch_alter_table("opening_hours") as hours:
        hours.create_check_constraint(op.f("ck_opening_hours_order"), "opens < closes")
