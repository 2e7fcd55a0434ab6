"""Rules for a row of people that need several of its cells."""

from datetime import date

from referral import codes
from referral.actions.importing.tables import Line

OF_NEED = ("quantity", "frequency", "urgency", "need_type", "worker_sex", "needed_since")
STEP_BACK_YEARS = 3
"""A need older than this is not taken from a list."""


def check_person(line: Line, today: date) -> None:
    """Write down what the ID number and the other cells say differently, and what is missing to know a person."""
    number, born, sex = line.get("id_number"), line.get("born_on"), line.get("sex")
    if number:
        if born and born != codes.birth_date(number):
            line.wrong("born_on", "not_as_in_id", value=str(codes.birth_date(number)))
        if sex and sex is not codes.sex(number):
            line.wrong("sex", "sex_not_as_in_id")
        line.values["born_on"], line.values["sex"] = codes.birth_date(number), codes.sex(number)
    elif born is None:
        line.wrong("id_number", "id_or_birth_date")
    if (line.get("born_on") or today) > today:
        line.wrong("born_on" if born else "id_number", "in_the_future")
    if line.get("status") and not line.get("status_from"):
        line.wrong("status_from", "required")
    low, high = line.get("status_from"), line.get("status_to")
    if low and high and high < low:
        line.wrong("status_to", "period_reversed")


def check_need(line: Line, today: date) -> None:
    """Write down a need that says too little, and dates that cannot be."""
    since = line.get("needed_since")
    if line.get("need") is None:
        for key in OF_NEED:
            if line.get(key) is not None:
                line.wrong("need", "required")
                break
    elif line.get("quantity") is None:
        line.wrong("quantity", "required")
    if since and since > today:
        line.wrong("needed_since", "in_the_future")
    elif since and since.year < today.year - STEP_BACK_YEARS:
        line.wrong("needed_since", "too_long_ago", years=STEP_BACK_YEARS)
