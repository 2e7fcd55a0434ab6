"""Fields for what stands on papers, with words for what is wrong with it."""

from collections.abc import Callable, Sequence
from typing import Any

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from models import Area
from referral import codes
from referral.i18n import in_language, lazy

WRONG: dict[str, Any] = {
    "id_destroyed": lazy(
        "Excel has destroyed this number. Format the column as text in the file and copy it from the card again."
    ),
    "id_length": lazy("An ID number has 18 signs, an old one 15. Please count again on the card."),
    "id_signs": lazy("An ID number has digits only; at most its last sign is an X."),
    "id_birth_date": lazy("Digits 7 to 14 are the birth date, and this is no date. Please compare with the card."),
    "id_check": lazy("One digit must be wrong: the last sign does not fit. Please compare each digit with the card."),
    "bank_card": lazy("A card or passbook number has 12 to 21 digits. Please compare each digit."),
    "bank_card_destroyed": lazy("Excel has destroyed this number. Please copy it from the card again."),
    "phone_destroyed": lazy(
        "Excel has destroyed this telephone number. Format the column as text in the file and copy it again."
    ),
    "phone": lazy("A mobile number has 11 digits, such as 13812345678; a landline looks like 0511-86881234."),
}
"""Each code of `referral.codes.WrongCode`: what is wrong and what to do."""


class CodeField(wtforms.StringField):
    """A line of text that is a code of some kind; its data is the code as it is kept."""

    def __init__(self, label: Any, read: Callable[[str], str | None], **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.read = read

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the code; ValueError with what is wrong and what to do. What was typed stays to be shown."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = typed or None
        if typed:
            try:
                self.data = self.read(typed)
            except codes.WrongCode as wrong:
                raise ValueError(str(WRONG[wrong.code])) from None


def village_choices(
    townships: Sequence[tuple[Area, Sequence[Area]]], empty: object | None = None
) -> list[SelectChoice]:
    """Return the choices of a village, grouped by township; `empty` is the word for "nothing chosen"."""
    listed = [
        SelectChoice(value=village.code, label=in_language(village), optgroup=in_language(township))
        for township, villages in townships
        for village in villages
    ]
    return listed if empty is None else [SelectChoice(value="", label=str(empty)), *listed]
