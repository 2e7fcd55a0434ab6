"""Words for consent: what may be seen, how and by whom it was agreed to, and what became of an emergency."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "ConsentGiver": {
        "self": lazy("The person"),
        "guardian": lazy("A guardian"),
        "representative": lazy("A representative"),
    },
    "ConsentPurpose": {
        "help": lazy("To arrange and give the help asked for"),
    },
    "ConsentRelation": {
        "parent": lazy("Father or mother"),
        "grandparent": lazy_pgettext("ConsentRelation", "Grandparent"),
        "spouse": lazy_pgettext("ConsentRelation", "Husband or wife"),
        "child": lazy("Son or daughter"),
        "sibling": lazy("Brother or sister"),
        "other_relative": lazy("Another relative"),
        "village_committee": lazy("Village or residents’ committee"),
        "civil_affairs": lazy("Civil affairs office"),
        "institution": lazy("The home or institution"),
        "authorised": lazy("Holds a power of attorney"),
    },
    "ConsentWay": {
        "written": lazy("In writing, on paper"),
        "spoken": lazy("Spoken, before a witness"),
        "online": lazy("Online"),
    },
    "DataKind": {
        "identity": lazy("Name, sex, age and village"),
        "contact": lazy("Phone and address"),
        "health": lazy("Health and situation"),
        "finance": lazy("Income and bank account"),
        "notes": lazy("What the station writes"),
    },
    "EmergencyVerdict": {
        "upheld": lazy("It was an emergency"),
        "not_upheld": lazy("It was not an emergency"),
    },
}
