"""Who may do what, to whose records: one guard for every view, one scope for every query."""

from referral.access.fields import GROUPS_SEEN, FieldNotSeen, coarse, sees
from referral.access.guard import actor, allow, current_actor, may, unguarded
from referral.access.past import refuse_unnarrowed
from referral.access.rules import in_area
from referral.access.scopes import SCOPES, get_in_scope, scope
from referral.access.viewer import (
    ScopeMissing,
    Viewer,
    as_installation,
    look_as,
    looking,
    viewer_of,
    without_scope,
)
from referral.access.walls import narrow
from referral.access.writes import check_scope
from referral.acts import WAYS, WITHOUT_ACCOUNT, Act

__all__ = [
    "GROUPS_SEEN",
    "SCOPES",
    "WAYS",
    "WITHOUT_ACCOUNT",
    "Act",
    "FieldNotSeen",
    "ScopeMissing",
    "Viewer",
    "actor",
    "allow",
    "as_installation",
    "check_scope",
    "coarse",
    "current_actor",
    "get_in_scope",
    "in_area",
    "look_as",
    "looking",
    "may",
    "narrow",
    "refuse_unnarrowed",
    "scope",
    "sees",
    "unguarded",
    "viewer_of",
    "without_scope",
]
