"""A person's file in words, in the reader's language: sections of tables, for a page and for a workbook."""

from collections.abc import Iterator
from typing import Any

from models import Account, Domain, Person, SelfCare, Visit, VisitKind
from referral import clock
from referral.casework import file_of_help
from referral.casework.file_of_help import joined as _joined
from referral.exports import Column, Sheet, as_columns
from referral.i18n import _, in_language, pgettext
from referral.measure_words import measure_word
from referral.queries.person_file import PersonFile
from referral.words import word

Row = tuple[Any, ...]


def sections(file: PersonFile, *, whole: bool) -> list[Sheet]:
    """Return the sections of a file that hold anything. Without `whole`, numbers of papers and cards are left out."""
    made = [
        Sheet(_("Who this is"), [_("What"), Column(_("Value"), width=60)], list(_who(file, whole=whole))),
        _recognised(file, whole=whole),
        _household(file),
        _cases(file),
        _assessments(file),
        _outcomes(file),
        _needs(file),
        _proposals(file),
        _referrals(file),
        _visits(file),
        *file_of_help.sections(file),
        _consents(file),
        _emergencies(file),
        _requests(file),
        _openings(file),
        _reads(file),
    ]
    return [section for section in made if section.rows]


def _who(file: PersonFile, *, whole: bool) -> Iterator[Row]:
    person = file.person
    yield _("File number"), person.number
    yield _("Name"), person.name
    yield _("Sex"), word(person.sex)
    if whole:
        yield _("Born on"), person.born_on
        yield _("ID number"), person.id_number
        yield _("Bank card"), person.bank_card
    else:
        yield _("Age"), person.age(clock.today())
    yield _("Phone"), person.phone
    yield _("Reach by"), word(person.contact_preference)
    yield _("Whom to ring"), person.contact_note
    yield _("Language"), _("Dialect only") if person.language == "zh-dialect" else _("Mandarin")
    yield _("Lives in"), _place(person.area, person.address)
    for other in person.areas:
        yield word(other.use), _place(other.area, other.address)
    yield _("Registration"), word(person.hukou_kind)
    yield _("Station"), in_language(person.station) if person.station else None
    yield _("State"), word(person.status)
    yield _("Household"), _joined(person.household.number, person.household.note)
    yield _("Halted since"), person.frozen_at
    yield _("Taken in"), person.created_at
    for feature in person.features:
        yield _("What makes it harder"), "; ".join(filter(None, [word(feature.kind), feature.note]))


def _place(area: Any, address: str | None) -> str:
    return " · ".join(filter(None, [in_language(area), address]))


def _recognised(file: PersonFile, *, whole: bool) -> Sheet:
    columns: list[Column | str] = [
        _("Status"),
        _("Recognised by"),
        _("Document number"),
        Column(_("From"), "day"),
        Column(_("Until"), "day"),
    ]
    rows = [
        (
            in_language(file.categories[status.category_code])
            if status.category_code in file.categories
            else status.category_code,
            status.recognised_by,
            status.document_number if whole else None,
            status.valid_from,
            status.valid_to,
        )
        for status in file.person.statuses
    ]
    return Sheet(_("Recognised"), columns, rows)


def _household(file: PersonFile) -> Sheet:
    """Who else lives there, by relation alone: the others have files of their own."""
    words = {
        "head": _("Head of the household"), "spouse": _("Spouse"), "child": _("Child"),
        "parent": _("Parent"), "grandchild": _("Grandchild"), "grandparent": _("Grandparent"),
        "sibling": _("Brother or sister"), "other": pgettext("relation", "Other"),
    }  # fmt: skip
    rows = [(words.get(member.relation_to_head, member.relation_to_head),) for member in file.members]
    return Sheet(_("Household"), [_("Relation to the head")], rows)


def _cases(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [_("Case"), Column(_("When"), "moment"), _("Step"), Column(_("In words"), width=50)]
    rows: list[Row] = []
    for case in file.cases:
        rows.append((case.number, case.opened_at, _("Opened"), _joined(word(case.source), case.summary)))
        rows += [
            (case.number, step.at, word(step.to_status), step.note) for step in sorted(case.steps, key=lambda s: s.at)
        ]
        if case.exit_reason:
            rows.append((case.number, case.concluded_at, word(case.exit_reason), case.exit_note))
    return Sheet(_("Cases"), columns, rows)


def _assessments(file: PersonFile) -> Sheet:
    levels = (_("no need"), _("some need"), _("grave need"))
    rows: list[Row] = []
    for taken in file.assessments:
        for name, found in taken.domains.items():
            level = levels[found["level"]] if isinstance(found.get("level"), int) else None
            rows.append((taken.assessed_on, word(taken.occasion), word(Domain(name)), level, found.get("note")))
        for name, able in taken.self_care.items():
            answer = _("able") if able == "able" else _("not able")
            rows.append((taken.assessed_on, word(taken.occasion), word(SelfCare(name)), answer, None))
        if taken.note:
            rows.append((taken.assessed_on, word(taken.occasion), _("Note"), None, taken.note))
    columns: list[Column | str] = [
        Column(_("Day"), "day"), _("Occasion"), _("What"), _("Found"), Column(_("In words"), width=50),
    ]  # fmt: skip
    return Sheet(_("Assessments"), columns, rows)


def _outcomes(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [Column(_("Day"), "day"), _("Measure"), _("Occasion"), Column(_("Score"), "number")]
    rows = [(o.taken_on, measure_word(o.measure), word(o.occasion), o.score) for o in file.outcomes]
    return Sheet(_("Outcomes"), columns, rows)


def _needs(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        _("Number"), _("Kind of help"), Column(_("Quantity"), "number"), _("Unit"), _("Urgency"), _("State"),
        Column(_("Open since"), "moment"), Column(_("Ended"), "moment"), _("Why"), Column(_("In words"), width=50),
    ]  # fmt: skip
    rows = [
        (
            n.number, in_language(n.term), n.quantity, n.unit, word(n.urgency), word(n.status), n.opened_at,
            n.closed_at, word(n.closed_reason) if n.closed_reason else None, n.description,
        )
        for n in file.needs
    ]  # fmt: skip
    return Sheet(_("Needs"), columns, rows)


def _proposals(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [_("Round"), _("Kind of help"), _("Decision"), Column(_("In words"), width=50)]
    rows = [(p.round.number, in_language(p.need.term), word(p.decision), p.reason) for p in file.proposals]
    return Sheet(_("Proposals of rounds"), columns, rows)


def _referrals(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        _("Number"), _("Given to"), _("Kind of help"), Column(_("When"), "moment"), _("State"), _("By whom"),
        _("Why"), Column(_("In words"), width=50),
    ]  # fmt: skip
    rows: list[Row] = []
    for referral in file.referrals:
        start = (referral.number, in_language(referral.organization), in_language(referral.need.term))
        told = filter(None, (referral.request_note, referral.choice_note))
        rows += [(*start, referral.requested_at, None, None, None, text) for text in told]
        for event in sorted(referral.events, key=lambda e: (e.at, e.id)):
            reason = word(event.reason) if event.reason else None
            by = event.by.name if event.by else _("by the clock")
            rows.append((*start, event.at, word(event.to_status), by, reason, event.note))
    return Sheet(_("Referrals"), columns, rows)


def _visits(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        Column(_("When"), "moment"), _("What"), _("Kind"), _("Result"), Column(_("Units"), "number"), _("Unit"),
        Column(_("Minutes"), "number"), Column(_("Value (yuan)"), "money"), _("Organization"), _("By whom"),
        Column(_("What happened"), width=50),
    ]  # fmt: skip
    rows = [
        (
            v.started_at, in_language(v.term), word(v.kind), word(v.contact_result), v.units, v.unit, v.minutes,
            v.amount, in_language(v.organization), v.worker.name if v.worker else v.worker_name,
            _joined(_("replaced by a later entry") if v.replaced else None, _note(v)),
        )
        for v in file.visits
    ]  # fmt: skip
    return Sheet(_("Visits"), columns, rows)


def _note(visit: Visit) -> str | None:
    """What was written about this person alone: the note of a group session may speak of the others who came."""
    if visit.kind is VisitKind.GROUP and visit.note:
        return _("a note on the whole group, not copied")
    return visit.note


def _consents(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        _("Receiver"), Column(_("What they may see"), width=40), _("How"), _("Given by"), Column(_("From"), "moment"),
        Column(_("Until"), "moment"), Column(_("Taken back"), "moment"),
    ]  # fmt: skip
    rows = [
        (
            in_language(c.organization), ", ".join(word(kind) for kind in c.kinds), word(c.way),
            _joined(word(c.given_by), c.giver_name), c.given_at, c.expires_at, c.withdrawn_at,
        )
        for c in file.consents
    ]  # fmt: skip
    return Sheet(_("Consents"), columns, rows)


def _emergencies(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        _("Number"), Column(_("When"), "moment"), Column(_("In words"), width=50), _("Review"),
    ]  # fmt: skip
    rows = [
        (e.referral.number, e.sent_at, _joined(e.reason, e.note), word(e.verdict) if e.verdict else None)
        for e in file.emergencies
    ]
    return Sheet(_("Sent without consent in an emergency"), columns, rows)


def _requests(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        _("Number"), _("What is asked"), Column(_("When"), "moment"), _("State"), Column(_("Answered"), "moment"),
        Column(_("In words"), width=50),
    ]  # fmt: skip
    rows = [
        (r.number, word(r.kind), r.asked_at, word(r.state), r.handled_at, _joined(r.note, r.answer))
        for r in file.requests
    ]
    return Sheet(_("Requests about the data"), columns, rows)


def _openings(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        Column(_("When"), "moment"), _("Who"), _("Reason"), Column(_("In words"), width=50), _("Review"),
    ]  # fmt: skip
    rows = [
        (g.opened_at, _account(g.account), word(g.reason), g.words, word(g.verdict) if g.verdict else None)
        for g in file.openings
    ]
    return Sheet(_("Opened from outside"), columns, rows)


def _reads(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [Column(_("When"), "moment"), Column(_("Who"), width=40)]
    return Sheet(_("Who read the file"), columns, [(entry.at, _account(account)) for entry, account in file.reads])


def _account(account: Account | None) -> str:
    if account is None:
        return _("the installation")
    return _joined(account.name, in_language(account.organization) if account.organization else word(account.role))


def titles_of(section: Sheet) -> list[str]:
    """Return the headings of a section."""
    return [str(column.title) for column in as_columns(section.columns)]


def title_of(person: Person) -> str:
    """Return the name of the file that holds a copy: the number, so that no folder of downloads shows a name."""
    return _("Copy of file %(number)s", number=person.number)
