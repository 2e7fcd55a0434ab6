"""Words for hours, flags, contracts and settlements."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "FlagRule": {
        "duplicate": lazy("Entered twice"),
        "worker_twice": lazy("Worker at two places"),
        "person_twice": lazy("Two services at once"),
        "impossible_travel": lazy("Impossible way"),
        "too_long": lazy("Too long"),
        "long_day": lazy("Too long a day"),
        "after_death": lazy("After death"),
        "after_exit": lazy("After the case ended"),
        "outside_referral": lazy("Outside the plan"),
        "outside_contract": lazy("Outside the contract"),
        "copied_note": lazy("Copied note"),
        "too_round": lazy("Too round"),
    },
    "HoursVerdict": {
        "approved": lazy_pgettext("HoursVerdict", "Approved"),
        "disputed": lazy_pgettext("HoursVerdict", "Disputed"),
    },
    "DisputeReason": {
        "not_given": lazy("It was not given"),
        "wrong_time": lazy("The time is wrong"),
        "wrong_units": lazy("The units are wrong"),
        "wrong_person": lazy("It was for somebody else"),
        "outside_plan": lazy("It was not agreed"),
        "no_evidence": lazy("Nothing proves it"),
        "person_objects": lazy("The person says otherwise"),
        "other": lazy("Another reason"),
    },
    "ContractStatus": {
        "draft": lazy_pgettext("ContractStatus", "Draft"),
        "in_force": lazy_pgettext("ContractStatus", "In force"),
        "closed": lazy_pgettext("ContractStatus", "Closed"),
    },
    "SettlementStatus": {
        "draft": lazy_pgettext("SettlementStatus", "To confirm"),
        "discarded": lazy_pgettext("SettlementStatus", "Thrown away"),
        "confirmed": lazy_pgettext("SettlementStatus", "Confirmed"),
        "paid": lazy_pgettext("SettlementStatus", "Paid"),
    },
    "ItemKind": {
        "counted": lazy("Of the month"),
        "late": lazy("Approved late"),
        "taken_back": lazy("Taken back"),
    },
    "DeductionCode": {
        "late_records": lazy("Records came late"),
        "poor_quality": lazy("Poor quality"),
        "not_as_agreed": lazy("Not as agreed"),
        "evidence_missing": lazy("Evidence missing"),
        "complaint_upheld": lazy("A complaint was upheld"),
        "other": lazy("Another reason"),
    },
}
