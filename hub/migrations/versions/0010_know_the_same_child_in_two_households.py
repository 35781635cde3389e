"""Know the same child in several households, and whom the staff told apart."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PERSON = sa.table(
    "person",
    sa.column("id", WHOLE),
    sa.column("name", sa.String),
    sa.column("birth_date", sa.Date),
    sa.column("child_key", sa.String),
)
AT_ONCE = 1_000  # rows


def upgrade() -> None:
    op.add_column(
        "person", sa.Column("child_key", sa.String(20), nullable=False, server_default="")
    )
    _fill_keys()
    op.create_index(op.f("ix_person_child_key"), "person", ["child_key"])
    op.create_table(
        "namesake",
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("other_id", WHOLE, nullable=False),
        sa.Column("centre_id", WHOLE, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", WHOLE, nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.CheckConstraint("person_id < other_id", name=op.f("ck_namesake_order")),
        sa.PrimaryKeyConstraint("person_id", "other_id", name=op.f("pk_namesake")),
        *_to("person", "person_id", "CASCADE"),
        *_to("person", "other_id", "CASCADE"),
        *_to("centre", "centre_id"),
        *_to("account", "account_id", "SET NULL"),
    )
    op.create_index(op.f("ix_namesake_other_id"), "namesake", ["other_id"])
    op.create_index(op.f("ix_namesake_centre_id_at"), "namesake", ["centre_id", "at"])


def downgrade() -> None:
    op.drop_table("namesake")
    op.drop_index(op.f("ix_person_child_key"), "person")
    op.drop_column("person", "child_key")


def _to(table: str, column: str, ondelete: str | None = None) -> list[sa.ForeignKeyConstraint]:
    name = op.f(f"fk_namesake_{column}")
    return [sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete=ondelete)]


def _fill_keys() -> None:
    database = op.get_bind()
    fill = (
        PERSON.update()
        .where(PERSON.c.id == sa.bindparam("of_person"))
        .values(child_key=sa.bindparam("key"))
    )
    last = 0
    while rows := database.execute(
        sa.select(PERSON.c.id, PERSON.c.name, PERSON.c.birth_date)
        .where(PERSON.c.id > last)
        .order_by(PERSON.c.id)
        .limit(AT_ONCE)
    ).all():
        database.execute(
            fill,
            [
                {"of_person": id_, "key": f"{born:%Y%m%d}{_letter(name)}"}
                for id_, name, born in rows
            ],
        )
        last = rows[-1][0]


def _letter(name: str) -> str:
    """Return the last letter of the given name."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    for part in re.split(r"[·\-'’]+", plain):
        together = part.replace(" ", "")
        is_han = all(unicodedata.name(one, "").startswith("CJK UNIFIED") for one in together)
        if together:
            return together[-1] if is_han else part.split()[0][-1]
    return ""
