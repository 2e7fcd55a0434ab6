"""What stands for a person where no name may: the same for one reader everywhere, another for the next reader."""

from uuid import UUID

from models import Account
from models.encryption import keyring

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without those that look alike: 0 O, 1 I L."""
LENGTH = 8


def pseudonym(person_id: UUID, reader: Account) -> str:
    """Return eight letters and digits in two halves, such as K7MQ-2QX9.

    A fingerprint of the person for one reader, with the installation's own key: nobody can compute it or turn it back,
    and two readers cannot put their lists together. Among 100,000 people two share one in 0.6 % of installations.
    """
    number = int(keyring().fingerprint(f"pseudonym for {reader.id.hex}", person_id.hex), 16)
    signs = ""
    for _place in range(LENGTH):
        number, place = divmod(number, len(LETTERS))
        signs += LETTERS[place]
    return f"{signs[:4]}-{signs[4:]}"
