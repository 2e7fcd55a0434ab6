"""What is wrong in a file, and what to write instead, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from referral.i18n import language, lazy, lazy_pgettext
from referral.vocabulary import WORDS

RELATIONS = {
    "head": lazy("Head of the household"),
    "spouse": lazy("Spouse"),
    "child": lazy("Child"),
    "parent": lazy("Parent"),
    "grandchild": lazy("Grandchild"),
    "grandparent": lazy("Grandparent"),
    "sibling": lazy("Brother or sister"),
    "other": lazy_pgettext("relation", "Other"),
}
FREQUENCIES = {"once": lazy("once"), "week": lazy("a week"), "month": lazy("a month")}
NAMED: dict[str, Mapping[str, Any]] = {**WORDS, "relation": RELATIONS, "frequency": FREQUENCIES}
"""List → code → word, for facts that name a code: `@Urgency.high`."""
CODE = "@"
SENTENCES: dict[str, Any] = {
    # Cells
    "required": lazy("This must not be empty."),
    "too_long": lazy("%(length)s signs, at most %(most)s fit. Shorten it."),
    "not_whole": lazy("Write a whole number, such as 12."),
    "not_amount": lazy("Write a number with at most two decimals, such as 300 or 12.50."),
    "negative": lazy("A number below zero is not possible here."),
    "out_of_range": lazy("Write a number from %(least)s to %(most)s."),
    "not_degrees": lazy("Write degrees as a decimal between -%(most)s and %(most)s, such as 32.1875."),
    "not_date": lazy("Write the date as 2024-05-01."),
    "no_such_day": lazy("There is no such day in the calendar. Write the date as 2024-05-01."),
    "unknown_choice": lazy("Not in the list. Possible: %(choices)s"),
    "unknown_choice_near": lazy("Not in the list. Do you mean “%(suggestion)s”?"),
    "ambiguous": lazy("Several have this name: %(choices)s. Write the one that is meant, or its code."),
    "unknown_name": lazy("Nothing has this name or code. Look it up in the template's drop-down."),
    "outside_area": lazy("This lies outside your area."),
    "not_a_village": lazy("This is larger than a village or community. Write the village."),
    # Lines
    "same_row": lazy("Row %(row)s already says the same. Delete one of the two."),
    "contradicts": lazy("Row %(row)s says something else of the same. Make both the same."),
    "period_reversed": lazy("The end lies before the beginning."),
    "in_the_future": lazy("This day has not come yet."),
    "too_long_ago": lazy("More than %(years)s years ago. Ask again whether it is still needed."),
    "other_code": lazy("An organization of this name is known under another credit code. Check name and code."),
    "several_places": lazy("The service is given at several places. Say which: %(choices)s"),
    "other_end": lazy("The period that begins on this day ends on %(day)s. Write that day, or another beginning."),
    "kind_stays": lazy("The kind of places cannot change within a period."),
    "too_few_places": lazy("%(least)s places are given away already. Write at least that many."),
    "overlaps": lazy("The period from %(first)s to %(last)s covers some of these days. Begin after it."),
    "period_over": lazy("The period is over. Write one that ends today or later."),
    "id_or_birth_date": lazy("Write the ID number, or at least the birth date."),
    "not_as_in_id": lazy("The ID number says %(value)s."),
    "sex_not_as_in_id": lazy("The ID number says otherwise."),
    "not_by_list": lazy("This person cannot be taken in from a list. Ask whoever runs this installation."),
    "other_name": lazy("This ID number is known here under another name. Check number and name."),
    "other_need": lazy("Need %(number)s stands open with another amount. Change it on its page."),
    # Codes
    "id_destroyed": lazy(
        "The spreadsheet turned this ID number into a number and lost its last digits. Format the column as text and "
        "type the number again."
    ),
    "id_length": lazy("An ID number has 18 signs (old ones 15). Count again."),
    "id_signs": lazy("An ID number holds only digits, and X at the very end."),
    "id_birth_date": lazy("Digits 7 to 14 of an ID number are the birth date; this is none."),
    "id_check": lazy("The last sign does not fit the others: a digit is wrong or two are swapped."),
    "credit_destroyed": lazy(
        "The spreadsheet turned this code into a number. Format the column as text and type the code again."
    ),
    "credit_length": lazy("A unified social credit code has 18 signs. Leave the cell empty where there is none."),
    "credit_signs": lazy("A unified social credit code holds digits and capital letters without I, O, S, V, Z."),
    "credit_check": lazy("The last sign of the code does not fit the others: a sign is wrong or two are swapped."),
    "phone": lazy(
        "Write a mobile number of 11 digits or a landline such as 0511-88881234; write “none” where there is none."
    ),
    "phone_destroyed": lazy(
        "The spreadsheet turned this telephone into a number. Format the column as text and type it again."
    ),
    # Rows of HSDS
    "duplicate_id": lazy("Row %(row)s already has this id."),
    "repeated_id": lazy("The id repeats; the row is kept under an id of its own."),
    "same_line_again": lazy("The same row stands above; it is counted once."),
    "unknown_reference": lazy("Nothing with this id was read."),
    "refers_to_rejected": lazy("This refers to a row that was rejected."),
    "several_ids": lazy("Several ids stand where one may; %(used)s is used."),
    "no_parent": lazy("The row does not say to what it belongs."),
    "no_organization": lazy("The place has no organization, so the service has none."),
    "same_pair": lazy("The same two are already joined by a row above."),
    "says_nothing": lazy("Neither days nor hours nor words: the row says nothing."),
    "bad_coordinates": lazy("No place on earth has these coordinates (with %(other)s); they are left out."),
    "kept_as_words": lazy("No weekday or time of day; kept as words in the description."),
    "two_digit_year": lazy("A year of two digits can be meant in two ways. Write 2014-12-24."),
    "date_read_as": lazy("Not written as the standard wants it; read as %(day)s."),
    "ages_reversed": lazy("The highest age is lower than the lowest."),
    "unknown_language": lazy("This language is not known. Write its ISO 639 code, such as es."),
    "second_address": lazy("The place already has an address from row %(row)s."),
    "type_missing": lazy("The kind of telephone is missing; taken as voice."),
    "no_place_for_it": lazy("The platform has no place for this; left out."),
    "ragged_row": lazy("%(cells)s cells under %(headings)s headings; left out: %(extra)s"),
    "more_than_maximum": lazy("More is free than there is at most (%(most)s)."),
    "not_one_place": lazy("The service is given at %(places)s places, so nobody knows where this is free."),
    # Whole files
    "no_headings": lazy("No row of headings was found. The table needs at least these columns: %(headings)s"),
    "headings_missing": lazy("These columns are missing: %(headings)s"),
    "heading_twice": lazy("“%(first)s” and “%(second)s” mean the same column. Delete one."),
    "no_rows": lazy("There is no row below the headings."),
    "empty": lazy("The file is empty."),
    "too_large": lazy("The file has %(size)s MB; up to 20 MB are read. Split it."),
    "too_many_rows": lazy("The file has more than %(most)s rows. Split it."),
    "pdf": lazy("This is a PDF. Save the table as an Excel workbook (.xlsx) or as CSV."),
    "old_workbook": lazy(
        "This is an old workbook (.xls) or one with a password. Open it and save it as an Excel workbook (.xlsx) "
        "without a password."
    ),
    "other_workbook": lazy("This is no Excel workbook (.xlsx). Save the table as .xlsx or as CSV."),
    "web_page": lazy(
        "This is a web page with the name of a spreadsheet, as some systems export it. Open it in Excel and save it as "
        "an Excel workbook (.xlsx)."
    ),
    "not_a_table": lazy("This is no table of text. Save it as an Excel workbook (.xlsx) or as CSV."),
    "renamed_workbook": lazy("This is an Excel workbook, but its name ends in %(ending)s. Let its name end in .xlsx."),
    "renamed_text": lazy(
        "The name ends in %(ending)s, but this is no workbook. Open it and save it as an Excel workbook (.xlsx), or "
        "let its name end in .csv."
    ),
    "bomb": lazy(
        "The file has %(packed)s MB and would unpack to %(unpacked)s MB. That is far more than a table needs, so it "
        "was not opened. Copy the rows into the template and send that."
    ),
    "broken": lazy("The file is damaged. Open it in Excel, save it once more and try again."),
    "too_heavy": lazy(
        "Reading this file takes too long or too much memory. Copy only the rows into the template and send that."
    ),
    "no_folder": lazy("There is no folder %(folder)s."),
    "no_catalogue": lazy("%(folder)s holds neither organizations.csv nor services.csv of an HSDS catalogue."),
    "source_too_long": lazy("The name of the source may have %(most)s signs. Give a shorter one with --source."),
}
"""Code → sentence; facts fill the placeholders."""


def sentence(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """Return what is wrong and what to write instead, in the reader's language."""
    text = str(SENTENCES[code])
    return text % {name: _said(value) for name, value in facts.items()} if facts else text.replace("%%", "%")


def _said(value: Any) -> str:
    """Return a fact in words: codes by their word, lists with the language's sign between."""
    if isinstance(value, list):
        return ("、" if language().code == "zh" else ", ").join(_said(part) for part in value)
    text = str(value)
    if text.startswith(CODE) and "." in text:
        listed, _dot, member = text[1:].partition(".")
        return str(NAMED.get(listed, {}).get(member, text))
    return text
