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
