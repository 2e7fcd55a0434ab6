"""Words for those who help and what they offer."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "CapacityKind": {
        "concurrent": lazy("Places at a time"),
        "quota": lazy("Quota for the period"),
        "hours": lazy("Hours a month"),
    },
    "CheckKind": {
        "child_safety": lazy("Record check for work with minors"),
        "licence": lazy("Licence"),
    },
    "Delivery": {
        "at_home": lazy("At home"),
        "on_site": lazy_pgettext("Delivery", "On site"),
        "remote": lazy("By phone or online"),
    },
    "EligibilityKind": {
        "status": lazy("Recognised status"),
        "feature": lazy("Feature"),
    },
    "LawClass": {
        "care": lazy("Care service"),
        "living": lazy("Living service"),
        "companionship": lazy("Companionship service"),
    },
    "OrganizationStatus": {
        "active": lazy_pgettext("OrganizationStatus", "Active"),
        "suspended": lazy("Suspended"),
        "closed": lazy("Closed"),
    },
    "ProviderKind": {
        "community": lazy("Community"),
        "station": lazy("Social-work station"),
        "social_organization": lazy("Social organization"),
        "volunteers": lazy_pgettext("ProviderKind", "Volunteers"),
        "charity": lazy_pgettext("ProviderKind", "Charity"),
        "department": lazy("Public department"),
        "professional": lazy("Professional institution"),
    },
    "ReservationStatus": {
        "held": lazy("Held"),
        "used": lazy("Used"),
        "released": lazy("Released"),
    },
    "ServiceStatus": {
        "active": lazy_pgettext("ServiceStatus", "Active"),
        "inactive": lazy("Inactive"),
        "defunct": lazy("Discontinued"),
        "temporarily_closed": lazy("Closed for a time"),
    },
    "SupplyMode": {
        "purchase": lazy("Bought by the government"),
        "charity": lazy_pgettext("SupplyMode", "Charity"),
        "volunteer": lazy_pgettext("SupplyMode", "Volunteers"),
        "social_work": lazy("Social work"),
        "government": lazy("Given by the government"),
        "market": lazy("Market price"),
    },
    "Taxonomy": {
        "service": lazy("Services"),
        "material": lazy("Material aid"),
        "imported": lazy("Imported terms"),
    },
    "WorkerSex": {
        "any": lazy("Any"),
        "female": lazy("Woman"),
        "male": lazy("Man"),
    },
}
