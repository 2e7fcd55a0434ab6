"""What a record refuses to do. The web turns each into a page that says what to do next."""


class DomainError(Exception):
    """A rule of the field was about to be broken. `code` names the words shown to the person."""

    code = "domain_error"


class WrongStep(DomainError):
    """A state was asked to change in a way that the table of steps does not have."""

    code = "wrong_step"

    def __init__(self, current: str, wanted: str) -> None:
        super().__init__(f"{current} → {wanted}")
        self.current = current
        self.wanted = wanted


class ReasonMissing(DomainError):
    """A step that must be explained came without a reason."""

    code = "reason_missing"


class NoPlaceLeft(DomainError):
    """The last place went to somebody else a moment ago."""

    code = "no_place_left"


class FundShort(DomainError):
    """The fund of the offer has not so much money left."""

    code = "fund_short"


class AmountMissing(DomainError):
    """The offer draws on a fund, and nobody said how many yuan the need takes."""

    code = "amount_missing"


class ChangedMeanwhile(DomainError):
    """Somebody else changed the record since this page was opened."""

    code = "changed_meanwhile"


class AlreadyReferred(DomainError):
    """The need has a referral that is still alive."""

    code = "already_referred"


class NotEligible(DomainError):
    """A hard rule stands between this need and this service; `rules` are the codes of the rules that failed."""

    code = "not_eligible"

    def __init__(self, rules: tuple[str, ...]) -> None:
        super().__init__(", ".join(rules))
        self.rules = rules


class ConsentMissing(DomainError):
    """The person has not agreed that this organization learns of them."""

    code = "consent_missing"


class GuardianMissing(DomainError):
    """Somebody under 14 cannot agree alone: a guardian must (PIPL Art. 31)."""

    code = "guardian_missing"


class ConsentIncomplete(DomainError):
    """It must be known who agreed, to what, before whom and under which notice."""

    code = "consent_incomplete"


class NoticeMissing(DomainError):
    """There is no notice yet that could be read to the person."""

    code = "notice_missing"


class OwnEmergency(DomainError):
    """Whoever sent an emergency cannot review it."""

    code = "own_emergency"
