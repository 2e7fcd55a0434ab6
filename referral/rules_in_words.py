"""The hard rules of matching in words: what it means that one fails, and what would have to change."""

from typing import Any

from referral.i18n import lazy

RULES: dict[str, Any] = {
    "service_area": lazy("The home lies outside the areas it serves."),
    "radius": lazy("The home lies beyond the distance it goes."),
    "age": lazy("The person's age does not fit, or is not recorded."),
    "sex": lazy("It serves the other sex only."),
    "status": lazy("None of the recognised statuses it asks for is held."),
    "feature": lazy("It serves people in another situation."),
    "language": lazy("Nobody there speaks the dialect or language needed."),
    "opening_times": lazy("It is not open at the times wanted."),
    "worker_sex": lazy("It cannot send the woman or man asked for."),
    "child_safety": lazy("Its record check for work with minors is not in date."),
    "licence": lazy("Its licence is missing or out of date."),
    "accepting": lazy("It takes nobody on at present."),
    "quantity": lazy("More is wanted than one place gives."),
    "consent": lazy("The person has not agreed to this organization."),
    "rejected_before": lazy("It was asked before and declined, did not answer, or gives only a part."),
    "no_places": lazy("No place is free."),
    "fund": lazy("Its fund has not so much left, or nobody said what the need costs."),
}
"""Each hard rule: what it means that it fails."""

REMEDIES: dict[str, Any] = {
    "service_area": lazy("if it also served this township"),
    "radius": lazy("if it went a little farther"),
    "age": lazy("if it took people of this age, or the birth date were recorded"),
    "sex": lazy("if it also served this person's sex"),
    "status": lazy("if the status it asks for were recognised, or it asked for none"),
    "feature": lazy("if it took people in this situation"),
    "language": lazy("if somebody there spoke the dialect or language"),
    "opening_times": lazy("if another time were agreed"),
    "worker_sex": lazy("if the wish for a woman or a man were given up, or met"),
    "child_safety": lazy("if its record check for work with minors were renewed"),
    "licence": lazy("if its licence were renewed"),
    "accepting": lazy("if it took people on again"),
    "quantity": lazy("if the need were shared between two providers, or less were enough"),
    "consent": lazy("if the person agreed to this organization"),
    "rejected_before": lazy("if it reconsidered"),
    "no_places": lazy("if one more place were free"),
    "fund": lazy("if its fund had more money, or the need’s value were entered"),
}
"""Each hard rule: what would have to change."""
