"""The form in which an administrator writes an own instrument: plain lines, one item, choice or band each."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from referral.forms import Form
from referral.i18n import lazy
from referral.instruments.definition import Definition

LINE = "|"


def _line(label: Any, hint: Any = None, most: int = 120) -> wtforms.StringField:
    return wtforms.StringField(label, [InputRequired(), Length(max=most)], description=hint or "")


def _lines(label: Any, hint: Any, *, needed: bool = True) -> wtforms.TextAreaField:
    return wtforms.TextAreaField(label, [InputRequired() if needed else Optional(), Length(max=8000)], description=hint)


class InstrumentForm(Form):
    """Words, items, choices, scoring, bands and red flags of an instrument."""

    name_zh = _line(lazy("Name in Chinese"))
    name_en = _line(lazy("Name in English"))
    intro_zh = _line(lazy("Introduction in Chinese"), most=400)
    intro_en = _line(lazy("Introduction in English"), most=400)
    licence_zh = _line(lazy("Licence notice in Chinese"), lazy("Whose words these are, and who may use them."), 400)
    licence_en = _line(lazy("Licence notice in English"), most=400)
    validated = wtforms.BooleanField(lazy("It has been validated; a source stands in the licence notice"))
    items = _lines(
        lazy("Items"), lazy("One a line: Chinese | English. A third part “r” turns the item round. At most 60.")
    )
    choices = _lines(lazy("Choices of every item"), lazy("One a line: value | Chinese | English."))
    rule = wtforms.RadioField(
        lazy("Score"),
        [InputRequired()],
        choices=lambda: [("sum", lazy("Sum of the answers")), ("mean", lazy("Mean of the answers"))],
    )
    factor = wtforms.IntegerField(lazy("Times"), [Optional(), NumberRange(min=1, max=100)])
    better = wtforms.RadioField(
        lazy("What is better?"),
        [InputRequired()],
        choices=lambda: [("more", lazy("A higher score")), ("less", lazy("A lower score"))],
    )
    allowed_missing = wtforms.IntegerField(
        lazy("Items that may be missing"), [InputRequired(), NumberRange(min=0, max=59)]
    )
    bands = _lines(
        lazy("Bands"),
        lazy("One a line: from | to | Chinese | English. An exclamation mark at the end asks for a further check."),
        needed=False,
    )
    flags = _lines(
        lazy("Answers that cannot wait"),
        lazy("One a line: number of the item | above which value | advice in Chinese | advice in English."),
        needed=False,
    )


class LineWrong(ValueError):
    """A line cannot be read; `field` and `number` say which."""

    def __init__(self, field: str, number: int) -> None:
        super().__init__(f"{field} {number}")
        self.field, self.number = field, number


def definition_of(form: InstrumentForm) -> Definition:
    """Return the definition that a form says; raise LineWrong for a line that cannot be read."""
    items = [
        {"code": str(n), "zh": zh, "en": en, "choices": "all"} | ({"reversed": True} if more == ["r"] else {})
        for n, (zh, en, *more) in _parts(form, "items", 2)
    ]
    choices: list[dict[str, Any]] = [
        {"value": _whole("choices", n, value), "zh": zh, "en": en} for n, (value, zh, en) in _parts(form, "choices", 3)
    ]
    factor, mean = form.factor.data or 1, form.rule.data == "mean"
    values = [choice["value"] for choice in choices]
    count = 1 if mean else len(items)
    scoring = {
        "rule": form.rule.data,
        "factor": factor,
        "min": min(values) * count * factor,
        "max": max(values) * count * factor,
        "better": form.better.data,
        "allowed_missing": form.allowed_missing.data,
        "missing": "none" if mean else "prorate",
    }
    bands = []
    for n, (low, high, zh, en) in _parts(form, "bands", 4):
        asks = en.endswith("!")
        band = {"code": f"band{n}", "from": _whole("bands", n, low), "to": _whole("bands", n, high), "zh": zh}
        band |= {"en": en.rstrip("! "), "tone": "warning" if asks else "info"} | ({"attention": True} if asks else {})
        bands.append(band)
    flags = [
        {"code": f"flag{n}", "item": item, "above": _whole("flags", n, above), "advice": {"zh": zh, "en": en}}
        for n, (item, above, zh, en) in _parts(form, "flags", 4)
    ]
    return {
        "intro": {"zh": form.intro_zh.data, "en": form.intro_en.data},
        "licence": {"zh": form.licence_zh.data, "en": form.licence_en.data},
        "validated": bool(form.validated.data),
        "choices": {"all": choices},
        "items": items,
        "scoring": scoring,
        "bands": bands,
    } | ({"flags": flags} if flags else {})


def values_of(names: dict[str, str], definition: Definition) -> dict[str, Any]:
    """Return the form's values for a definition that this form can say (one set of choices)."""
    choices = next(iter(definition["choices"].values()))
    scoring = definition["scoring"]
    return {
        "name_zh": names["zh"], "name_en": names["en"],
        "intro_zh": definition["intro"]["zh"], "intro_en": definition["intro"]["en"],
        "licence_zh": definition["licence"]["zh"], "licence_en": definition["licence"]["en"],
        "validated": definition.get("validated", False),
        "items": _text([i["zh"], i["en"], *(["r"] if i.get("reversed") else [])] for i in definition["items"]),
        "choices": _text([c["value"], c["zh"], c["en"]] for c in choices),
        "rule": scoring["rule"], "factor": scoring.get("factor", 1), "better": scoring["better"],
        "allowed_missing": scoring.get("allowed_missing", 0),
        "bands": _text(
            [b["from"], b["to"], b["zh"], b["en"] + ("!" if b.get("attention") else "")] for b in definition["bands"]
        ),
        "flags": _text(
            [f["item"], f["above"], f["advice"]["zh"], f["advice"]["en"]] for f in definition.get("flags", ())
        ),
    }  # fmt: skip


def _text(rows: Any) -> str:
    return "\n".join(f" {LINE} ".join(str(part) for part in row) for row in rows)


def _parts(form: InstrumentForm, name: str, parts: int) -> list[tuple[int, list[str]]]:
    found: list[tuple[int, list[str]]] = []
    for number, line in enumerate((form[name].data or "").replace("｜", LINE).splitlines(), 1):
        if not line.strip():
            continue
        words = [word.strip() for word in line.split(LINE)]
        if not parts <= len(words) <= (3 if name == "items" else parts) or not all(words):
            raise LineWrong(name, number)
        found.append((len(found) + 1, words))
    return found


def _whole(field: str, number: int, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise LineWrong(field, number) from None
