"""What people call the codes of the log."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "LogKind": {
        "read": lazy_pgettext("LogKind", "Read"),
        "create": lazy_pgettext("LogKind", "Made"),
        "change": lazy_pgettext("LogKind", "Changed"),
        "delete": lazy_pgettext("LogKind", "Deleted"),
        "note": lazy_pgettext("LogKind", "Done"),
    }
}

ACTS: dict[str, Any] = {
    "sign_in": lazy("Signing in"),
    "use_own_account": lazy("Looking after the own account"),
    "read_messages": lazy("Reading messages"),
    "report_hardship": lazy("Reporting hardship"),
    "find_person": lazy("Looking for a person"),
    "take_in": lazy("Taking a person in"),
    "read_person": lazy("Reading a file"),
    "edit_person": lazy("Correcting a file"),
    "reveal": lazy("Showing a number"),
    "assess": lazy("Assessing"),
    "record_need": lazy("Recording a need"),
    "read_need": lazy("Reading a need"),
    "close_need": lazy("Closing a need"),
    "refer_need": lazy("Referring a need"),
    "cancel_referral": lazy("Taking a referral back"),
    "conclude_case": lazy("Concluding a case"),
    "log_visit": lazy("Logging a visit"),
    "read_caseload": lazy("Reading the caseload"),
    "read_referral": lazy("Reading a referral"),
    "read_inbox": lazy("Reading the inbox"),
    "answer_referral": lazy("Answering a referral"),
    "carry_out_referral": lazy("Carrying out a referral"),
    "read_needs_board": lazy("Reading waiting needs"),
    "read_round": lazy("Reading a round"),
    "run_round": lazy("Starting a round"),
    "decide_proposal": lazy("Deciding on a proposal"),
    "apply_round": lazy("Applying a round"),
    "import_files": lazy("Importing a file"),
    "read_report": lazy("Reading the report"),
    "manage_accounts": lazy("Looking after accounts"),
    "open_glass": lazy("Opening a file outside the scope"),
    "review_glass": lazy("Reviewing opened files"),
    "handle_rights": lazy("Handling a request about data"),
    "halt_or_erase": lazy("Halting or erasing a file"),
    "apply_retention": lazy("Removing what is past its time"),
    "read_log": lazy("Reading the log"),
    "read_looks": lazy("Reading who has looked"),
    "record_consent": lazy("Recording consent"),
    "withdraw_consent": lazy("Recording a withdrawal"),
    "review_emergency": lazy("Reviewing an emergency"),
}
"""What somebody was doing; acts that touch nobody's file have no words here and show their code."""

TABLES: dict[str, Any] = {
    "person": lazy("Person"),
    "household": lazy("Household"),
    "identity_status": lazy("Recognised status"),
    "feature": lazy("Feature"),
    "person_area": lazy("Further address"),
    "case_file": lazy("Case"),
    "case_step": lazy("Step of a case"),
    "assessment": lazy("Assessment"),
    "need": lazy("Need"),
    "referral": lazy("Referral"),
    "referral_event": lazy("Step of a referral"),
    "visit": lazy("Visit"),
    "outcome": lazy("Measured change"),
    "consent": lazy("Consent"),
    "emergency_review": lazy("Emergency"),
    "glass_access": lazy("File opened outside the scope"),
    "rights_request": lazy("Request about data"),
    "program": lazy("Program"),
    "account": lazy("Account"),
}

NOTES: dict[str, Any] = {
    "log_verified": lazy("Log verified"),
    "anchors_taken": lazy("Anchors taken"),
    "stock_taken": lazy("Stock taken of records"),
    "reveal": lazy("Numbers shown"),
    "id_number_asked": lazy("ID number looked up"),
}
"""What notes are about; other codes are shown as they are."""
