"""Checks of the codes people type: resident ID, credit code, telephone. What is wrong is named by a code.

Sources: GB 11643 (resident ID), GB 32100 (unified social credit code). Place codes inside an ID are a hint and never
a gate, because codes that were abolished are still on people's cards.
"""

import re
import unicodedata
from datetime import date

from models import Sex
from models.fingerprints import ID_CHECK, full_id, weighted_sum

__all__ = [
    "ID_CHECK",
    "WrongCode",
    "bank_card",
    "birth_date",
    "credit_code",
    "full_id",
    "phone",
    "plain",
    "resident_id",
    "sex",
    "short_id",
]
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
EARLIEST_BIRTH = date(1880, 1, 1)
_DESTROYED = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE | re.ASCII)
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\ufeff'’‘`\-]")
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(
    r"(0\d{2,3}-?)?[2-9]\d{6,7}(-\d{1,6})?|[48]00-?\d{3}-?\d{4}|1\d{2}|1\d{4}|9[56]\d{3,6}", re.ASCII
)
NO_PHONE = frozenset({"无", "没有", "无电话", "没有电话", "no", "none", "no phone", "-", "/"})


class WrongCode(ValueError):
    """What was typed is not a code of its kind; `code` names why, for the words of `import_words`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def plain(text: str) -> str:
    """Return typed text with full-width signs made plain and blanks at the ends cut."""
    return unicodedata.normalize("NFKC", text).strip()


def resident_id(text: str) -> str:
    """Return a resident ID of 18 or 15 signs without blanks, X upper case.

    Raises WrongCode: id_destroyed (a spreadsheet turned it into a number), id_length, id_signs, id_birth_date,
    id_check.
    """
    code = _INVISIBLE.sub("", plain(text)).upper()
    if _DESTROYED.fullmatch(code):
        raise WrongCode("id_destroyed")
    if not re.fullmatch(r"[0-9X]*", code):
        raise WrongCode("id_signs")
    if len(code) not in {15, 18}:
        raise WrongCode("id_length")
    if "X" in code[:-1] or (len(code) == 15 and "X" in code):
        raise WrongCode("id_signs")
    wrong = len(code) == 18 and ID_CHECK[weighted_sum(code)] != code[17]
    if wrong and code.endswith("000"):
        # A spreadsheet keeps 15 digits of a number and fills up with zeros.
        raise WrongCode("id_destroyed")
    if birth_date(code) is None:
        raise WrongCode("id_birth_date")
    if wrong:
        raise WrongCode("id_check")
    return code


def short_id(code: str) -> str | None:
    """Return the old number of 15 digits that a checked ID may still be kept under; None for people born since 2000."""
    if len(code) == 15:
        return code
    return code[:6] + code[8:17] if code[6:8] == "19" else None


def birth_date(code: str) -> date | None:
    """Return the birth date in an ID of 18 or 15 signs, or None where it is no date."""
    digits = code[6:14] if len(code) == 18 else f"19{code[6:12]}"
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
    return born if born >= EARLIEST_BIRTH else None


def sex(code: str) -> Sex:
    """Return the sex in a checked ID: odd for men, even for women."""
    return Sex.MALE if int(code[16] if len(code) == 18 else code[14]) % 2 else Sex.FEMALE


def credit_code(text: str) -> str:
    """Return a unified social credit code of 18 signs, upper case.

    Raises WrongCode: credit_destroyed, credit_length, credit_signs, credit_check. Check sign: 31 − Σ sign · 3^i mod 31.
    """
    code = _INVISIBLE.sub("", plain(text)).upper()
    if _DESTROYED.fullmatch(code) and "." in code:
        raise WrongCode("credit_destroyed")
    if len(code) != 18:
        raise WrongCode("credit_length")
    if set(code) - set(CREDIT_SIGNS):
        raise WrongCode("credit_signs")
    total = sum(CREDIT_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    if CREDIT_SIGNS[-total % 31] != code[17]:
        raise WrongCode("credit_check")
    return code


def bank_card(text: str) -> str:
    """Return the number of a bank card or passbook without blanks.

    12 to 21 digits; passbooks have no check digit, so none is asked for. Raises WrongCode: bank_card,
    bank_card_destroyed.
    """
    number = _INVISIBLE.sub("", plain(text))
    if _DESTROYED.fullmatch(number) and not number.isdigit():
        raise WrongCode("bank_card_destroyed")
    if not re.fullmatch(r"[0-9]{12,21}", number):
        raise WrongCode("bank_card")
    return number


def phone(text: str) -> str | None:
    """Return a telephone number without blanks; None where it says that there is none.

    Mobiles of 11 digits, landlines with or without area code and extension, service numbers. Raises WrongCode:
    phone_destroyed, phone.
    """
    typed = plain(text)
    if not typed or typed.lower() in NO_PHONE:
        return None
    number = re.sub(r"[\s\u200b-\u200f\ufeff'()]", "", typed.replace("—", "-").replace("–", "-"))
    number = re.sub(r"^(\+|00)86-?", "", number)
    number = re.sub(r"(转|ext\.?|x)", "-", number, flags=re.IGNORECASE)
    if _DESTROYED.fullmatch(number):
        raise WrongCode("phone_destroyed")
    bare = number.replace("-", "")
    if _MOBILE.fullmatch(bare):
        return bare
    if _LANDLINE.fullmatch(number):
        return number
    raise WrongCode("phone")
