"""Who may be the same person, in words, and which ID numbers may not be used again."""

from sqlalchemy.orm import Session

from models import Account, Person
from referral.actions.people import PersonFacts
from referral.i18n import _, lazy
from referral.intake.forms import PersonForm, TakeInForm
from referral.queries import people

FACTS = {
    "id_number": lazy("ID number"),
    "name": lazy("Name"),
    "born_on": lazy("Birth date"),
    "phone": lazy("Phone"),
    "village": lazy("Village"),
}


def of(session: Session, actor: Account, facts: PersonFacts) -> list[people.Likeness]:
    """Return who may be the person that was typed in."""
    return people.likely_duplicates(
        session,
        actor,
        name=facts.name,
        id_number=facts.id_number,
        born_on=facts.born_on,
        phone=facts.phone,
        area_code=facts.area_code,
    )


def words(facts: tuple[str, ...]) -> str:
    """Return facts by name: birth date, village."""
    return _(", ").join(str(FACTS[fact]) for fact in facts)


def refuse_taken_number(session: Session, form: TakeInForm, alike: list[people.Likeness]) -> None:
    """Put an error on an ID number that is in use; without a word on whose it is where it may not be known."""
    number = form.id_number.data
    taken = people.id_number_is_taken(session, number) if number else False
    if any("id_number" in likeness.same for likeness in alike):
        form.id_number.errors = [_("This person is known already: open the file shown below instead.")]
    elif taken:
        form.id_number.errors = [ask_coordinator()]


def refuse_number_of_others(session: Session, form: PersonForm, person: Person) -> None:
    """Put an error on an ID number that somebody else has."""
    number = form.id_number.data
    if number and number != person.id_number and people.id_number_is_taken(session, number, but=person.id):
        form.id_number.errors = [ask_coordinator()]


def ask_coordinator() -> str:
    """Return what to do with a number that cannot be used here, without telling why."""
    return _("This ID number cannot be used here. Compare it with the card; if it is right, ask your coordinator.")
