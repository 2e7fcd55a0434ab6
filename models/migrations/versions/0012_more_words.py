"""more words in code lists

Revision: 0012
Follows: 0011
"""

from alembic import op

from models.migrations.checks import one_of, rewrite

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LISTS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    # constraint: (table, column, codes before, codes added)
    "ck_message_messagekind": (
        "message",
        "kind",
        (
            "referral_requested",
            "referral_reminder",
            "referral_accepted",
            "referral_rejected",
            "referral_expired",
            "referral_cancelled",
            "referral_completed",
            "need_overdue",
            "round_finished",
            "check_expires",
            "glass_opened",
            "glass_reviewed",
            "rights_overdue",
            "retention_proposed",
            "consent_wanted",
            "sharing_stopped",
            "emergency_sent",
            "new_device",
            "password_changed",
            "second_factor_changed",
        ),
        (
            "finding_asked",
            "red_flag",
            "measure_due",
            "revisit_due",
            "contradicted",
            "referral_accepted_in_part",
            "question_asked",
            "question_answered",
            "next_offered",
            "nobody_left",
            "not_delivered",
            "no_contact",
        ),
    ),
}


def upgrade() -> None:
    for name, (table, column, before, added) in LISTS.items():
        rewrite(table, name, one_of(column, (*before, *added)))


def downgrade() -> None:
    for name, (table, column, before, added) in LISTS.items():
        # What the shorter list cannot say is gone with the feature that said it.
        op.execute(f"DELETE FROM {table} WHERE {one_of(column, added)}")  # noqa: S608  names and codes of ours
        rewrite(table, name, one_of(column, before))
