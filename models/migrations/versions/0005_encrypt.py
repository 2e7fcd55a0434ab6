"""encrypt

Seals what identifies people or speaks of them, and sets the fingerprints they are found by. Going down opens it all
again; positions stay rounded.

Revision: 0005
Follows: 0004
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from models.migrations import sealing

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXTS = {
    "household": ("note",),
    "person": ("id_number", "phone", "contact_note", "address"),
    "person_area": ("address",),
    "identity_status": ("document_number",),
    "feature": ("note",),
    "case_file": ("summary", "exit_note"),
    "case_step": ("note",),
    "assessment": ("note",),
    "need": ("description",),
    "visit": ("note",),
    "referral": ("request_note", "reason_text", "choice_note"),
    "referral_event": ("note",),
    "proposal": ("reason",),
}
JSONS = {"assessment": ("domains", "self_care"), "import_row": ("cells", "problems")}
FEATURES = (
    "lives_alone",
    "disabled",
    "severely_disabled",
    "gravely_ill",
    "chronically_ill",
    "cannot_self_care",
    "partly_self_care",
    "carer_old_or_ill",
    "is_carer",
    "left_behind",
    "single_parent",
    "lost_only_child",
    "needs_dialect",
    "no_work_ability",
)
RULE = "ck_feature_featurekind"


def upgrade() -> None:
    bind = op.get_bind()
    with op.batch_alter_table("feature") as batch:
        batch.drop_constraint(op.f(RULE), type_="check")
    _recode({kind: _blind(kind) for kind in FEATURES})
    seen: set[str] = set()
    sealing.change_rows(
        bind, _table("person"), ["id_number", "phone", "search_text"], lambda row: _indexes(row, seen)
    )
    for table, columns in TEXTS.items():
        sealing.change_rows(bind, _table(table), list(columns), _each(table, columns, sealing.seal))
    for table, columns in JSONS.items():
        sealing.change_rows(bind, _table(table), list(columns), _each(table, columns, sealing.seal_json))
    number = "CAST({0} AS NUMERIC)" if bind.dialect.name == "postgresql" else "{0}"
    rounded = ", ".join(f"{name} = ROUND({number.format(name)}, 3)" for name in ("latitude", "longitude"))
    op.execute(f"UPDATE person SET {rounded} WHERE latitude IS NOT NULL OR longitude IS NOT NULL")


def downgrade() -> None:
    bind = op.get_bind()
    for table, columns in JSONS.items():
        sealing.change_rows(bind, _table(table), list(columns), _each(table, columns, sealing.unseal_json))
    for table, columns in TEXTS.items():
        sealing.change_rows(bind, _table(table), list(columns), _each(table, columns, sealing.unseal))
    sealing.change_rows(bind, _table("person"), ["phone", "search_text"], _tail)
    _recode({_blind(kind): kind for kind in FEATURES})
    codes = ", ".join(repr(kind) for kind in FEATURES)
    with op.batch_alter_table("feature") as batch:
        batch.create_check_constraint(op.f(RULE), f"kind IN ({codes})")


def _table(name: str) -> sa.TableClause:
    """A table as this step sees it: keys, texts, and JSON where it is JSON."""
    jsons = JSONS.get(name, ())
    texts = {*TEXTS.get(name, ()), "search_text", "id_number_index", "phone_index", "phone_end_index"}
    return sa.table(
        name,
        sa.column("id", sa.Uuid()),
        *(sa.column(one, sa.Text()) for one in sorted(texts)),
        *(sa.column(one, sa.JSON(none_as_null=True)) for one in jsons),
    )


def _recode(codes: dict[str, str]) -> None:
    feature = sa.table("feature", sa.column("kind", sa.String(32)))
    for before, after in codes.items():
        op.execute(feature.update().where(feature.c.kind == before).values(kind=after))


def _blind(kind: str) -> str:
    return sealing.fingerprint("feature.kind", kind)[:32]


def _each(table: str, columns: tuple[str, ...], turn: Any) -> sealing.Change:
    def change(row: dict[str, Any]) -> dict[str, Any]:
        return {name: turn(row[name], f"{table}.{name}") for name in columns if row[name] is not None}

    return change


def _indexes(row: dict[str, Any], seen: set[str]) -> dict[str, Any]:
    """The fingerprints of one person; of two files with the two forms of one number, the first keeps it."""
    found: dict[str, Any] = {}
    if row["id_number"]:
        index = sealing.fingerprint("person.id_number", sealing.full_id(row["id_number"]))
        if index not in seen:
            found["id_number_index"] = index
        seen.add(index)
    if row["phone"]:
        number = sealing.digits(row["phone"])
        found["phone_index"] = sealing.fingerprint("person.phone", number)
        if len(number) >= 4:
            found["phone_end_index"] = sealing.fingerprint("person.phone end", number[-4:])
            found["search_text"] = row["search_text"].removesuffix(f" {number[-4:]}")
    return found


def _tail(row: dict[str, Any]) -> dict[str, Any]:
    number = sealing.digits(row["phone"] or "")
    return {"search_text": f"{row['search_text']} {number[-4:]}"[:255]} if number else {}
