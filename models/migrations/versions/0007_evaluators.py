"""evaluators look at one program, for a time

An evaluator's account that can be used names a program and a last day. Accounts that name none are closed: whoever
looks after accounts opens them again with both.

Revision: 0007
Follows: 0006
"""

from alembic import op

from models.migrations.checks import set_check

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME = "ck_account_evaluator_has_program_and_end"
RULE = "role != 'evaluator' OR (program_id IS NOT NULL AND valid_until IS NOT NULL) OR NOT active"


def upgrade() -> None:
    closed = "false" if op.get_bind().dialect.name == "postgresql" else "0"
    op.execute(f"UPDATE account SET active = {closed} WHERE NOT ({RULE})")
    set_check("account", NAME, RULE)


def downgrade() -> None:
    set_check("account", NAME, None)
