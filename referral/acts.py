"""Everything that anybody can do here, and which roles may do it at all. `access.SCOPES` then narrows the records."""

import enum

from models import Role


class Act(enum.StrEnum):
    """Everything that anybody can do here."""

    SIGN_IN = "sign_in"
    USE_OWN_ACCOUNT = "use_own_account"
    READ_MESSAGES = "read_messages"
    REPORT_HARDSHIP = "report_hardship"
    FIND_PERSON = "find_person"
    TAKE_IN = "take_in"
    READ_PERSON = "read_person"
    EDIT_PERSON = "edit_person"
    REVEAL = "reveal"
    ASSESS = "assess"
    RECORD_NEED = "record_need"
    READ_NEED = "read_need"
    CLOSE_NEED = "close_need"
    REFER_NEED = "refer_need"
    CANCEL_REFERRAL = "cancel_referral"
    CONCLUDE_CASE = "conclude_case"
    LOG_VISIT = "log_visit"
    TAKE_MEASURE = "take_measure"
    SET_GOAL = "set_goal"
    HANDLE_FLAG = "handle_flag"
    CONFIRM_HELP = "confirm_help"
    SETTLE_CONTRADICTION = "settle_contradiction"
    SAY_HOW_IT_WENT = "say_how_it_went"
    EDIT_INSTRUMENTS = "edit_instruments"
    READ_HOURS = "read_hours"
    DECIDE_HOURS = "decide_hours"
    READ_LIMITS = "read_limits"
    SET_LIMITS = "set_limits"
    READ_CONTRACTS = "read_contracts"
    KEEP_CONTRACTS = "keep_contracts"
    KEEP_VOLUNTEERS = "keep_volunteers"
    READ_PLAN = "read_plan"
    CARRY_OUT_PLAN = "carry_out_plan"
    READ_CALENDAR_FEED = "read_calendar_feed"
    FILE_LEAD = "file_lead"
    INSTALL_PHONE = "install_phone"
    READ_CASELOAD = "read_caseload"
    READ_REFERRAL = "read_referral"
    READ_INBOX = "read_inbox"
    ANSWER_REFERRAL = "answer_referral"
    ANSWER_BY_LINK = "answer_by_link"
    ANSWER_FOR_PROVIDER = "answer_for_provider"
    MANAGE_OUTBOX = "manage_outbox"
    SET_SILENCE = "set_silence"
    CARRY_OUT_REFERRAL = "carry_out_referral"
    STATE_CAPACITY = "state_capacity"
    READ_NEEDS_BOARD = "read_needs_board"
    READ_ROUND = "read_round"
    RUN_ROUND = "run_round"
    DECIDE_PROPOSAL = "decide_proposal"
    APPLY_ROUND = "apply_round"
    READ_PLANNING = "read_planning"
    RUN_PLANNING = "run_planning"
    READ_SCENARIO = "read_scenario"
    RUN_SCENARIO = "run_scenario"
    READ_PARAMETERS = "read_parameters"
    EDIT_PARAMETERS = "edit_parameters"
    READ_LEARNED = "read_learned"
    READ_CATALOGUE = "read_catalogue"
    EDIT_CATALOGUE = "edit_catalogue"
    IMPORT_FILES = "import_files"
    READ_REPORT = "read_report"
    FREEZE_REPORT = "freeze_report"
    READ_MONTHS = "read_months"
    FILE_MONTH = "file_month"
    RECEIVE_MONTH = "receive_month"
    DRAW_SAMPLE = "draw_sample"
    ANSWER_FINDING = "answer_finding"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_LISTS = "manage_lists"
    READ_JOBS = "read_jobs"
    OPEN_GLASS = "open_glass"
    REVIEW_GLASS = "review_glass"
    HANDLE_RIGHTS = "handle_rights"
    HALT_OR_ERASE = "halt_or_erase"
    APPLY_RETENTION = "apply_retention"
    READ_LOG = "read_log"
    READ_LOOKS = "read_looks"
    RECORD_CONSENT = "record_consent"
    WITHDRAW_CONSENT = "withdraw_consent"
    REVIEW_EMERGENCY = "review_emergency"


_STATION = frozenset({Role.STATION_WORKER, Role.STATION_SUPERVISOR})
_CASEWORK = _STATION | {Role.COORDINATOR}
_EVERYBODY = frozenset(Role)
_COORDINATOR = frozenset({Role.COORDINATOR})
_PROVIDER = frozenset({Role.PROVIDER_OFFICER})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})

WAYS: dict[Act, frozenset[Role]] = {
    Act.SIGN_IN: _EVERYBODY,
    Act.USE_OWN_ACCOUNT: _EVERYBODY,
    Act.READ_MESSAGES: _EVERYBODY,
    Act.REPORT_HARDSHIP: frozenset({Role.VILLAGE_ASSISTANT}),
    Act.FIND_PERSON: _CASEWORK,
    Act.TAKE_IN: _CASEWORK,
    Act.READ_PERSON: _CASEWORK,
    Act.EDIT_PERSON: _CASEWORK,
    Act.REVEAL: _CASEWORK,
    Act.ASSESS: _CASEWORK,
    Act.RECORD_NEED: _CASEWORK,
    Act.READ_NEED: _CASEWORK,
    Act.CLOSE_NEED: _CASEWORK,
    Act.REFER_NEED: _CASEWORK,
    Act.CANCEL_REFERRAL: _CASEWORK,
    Act.CONCLUDE_CASE: _CASEWORK,
    Act.TAKE_MEASURE: _CASEWORK,
    Act.SET_GOAL: _CASEWORK,
    Act.HANDLE_FLAG: _CASEWORK,
    Act.CONFIRM_HELP: _CASEWORK,
    Act.SETTLE_CONTRADICTION: frozenset({Role.STATION_SUPERVISOR, Role.COORDINATOR}),
    Act.SAY_HOW_IT_WENT: _EVERYBODY,
    Act.EDIT_INSTRUMENTS: _ADMINISTRATOR,
    Act.LOG_VISIT: _STATION | _PROVIDER,
    Act.READ_PLAN: _CASEWORK | _PROVIDER,
    Act.CARRY_OUT_PLAN: _STATION | _PROVIDER,
    Act.READ_CALENDAR_FEED: _EVERYBODY,
    Act.FILE_LEAD: _STATION | _PROVIDER,
    Act.INSTALL_PHONE: _EVERYBODY,
    Act.READ_HOURS: frozenset({Role.STATION_SUPERVISOR}) | _COORDINATOR | _PROVIDER,
    Act.DECIDE_HOURS: frozenset({Role.STATION_SUPERVISOR}) | _COORDINATOR,
    Act.READ_LIMITS: frozenset({Role.STATION_SUPERVISOR}) | _COORDINATOR | _ADMINISTRATOR,
    Act.SET_LIMITS: _COORDINATOR | _ADMINISTRATOR,
    Act.READ_CONTRACTS: frozenset({Role.STATION_SUPERVISOR}) | _COORDINATOR | _PROVIDER,
    Act.KEEP_CONTRACTS: _COORDINATOR,
    Act.KEEP_VOLUNTEERS: _STATION | _PROVIDER,
    Act.READ_CASELOAD: _STATION,
    Act.READ_REFERRAL: _CASEWORK | _PROVIDER,
    Act.READ_INBOX: _PROVIDER,
    Act.ANSWER_REFERRAL: _PROVIDER,
    Act.ANSWER_BY_LINK: _EVERYBODY,
    Act.ANSWER_FOR_PROVIDER: _CASEWORK,
    Act.MANAGE_OUTBOX: _ADMINISTRATOR,
    Act.SET_SILENCE: _COORDINATOR,
    Act.CARRY_OUT_REFERRAL: _PROVIDER,
    Act.STATE_CAPACITY: _PROVIDER,
    Act.READ_NEEDS_BOARD: _COORDINATOR,
    Act.READ_ROUND: _COORDINATOR,
    Act.RUN_ROUND: _COORDINATOR,
    Act.DECIDE_PROPOSAL: _COORDINATOR,
    Act.APPLY_ROUND: _COORDINATOR,
    Act.READ_PLANNING: _COORDINATOR,
    Act.RUN_PLANNING: _COORDINATOR,
    Act.READ_SCENARIO: _COORDINATOR,
    Act.RUN_SCENARIO: _COORDINATOR,
    Act.READ_PARAMETERS: _COORDINATOR | _ADMINISTRATOR,
    Act.EDIT_PARAMETERS: _COORDINATOR,
    Act.READ_LEARNED: _COORDINATOR | _ADMINISTRATOR,
    Act.READ_CATALOGUE: _CASEWORK | _PROVIDER,
    Act.EDIT_CATALOGUE: _COORDINATOR,
    Act.IMPORT_FILES: _COORDINATOR,
    Act.FREEZE_REPORT: frozenset({Role.EVALUATOR, Role.COORDINATOR}),
    Act.READ_MONTHS: frozenset({Role.STATION_SUPERVISOR, Role.COORDINATOR}),
    Act.FILE_MONTH: frozenset({Role.STATION_SUPERVISOR}),
    Act.RECEIVE_MONTH: _COORDINATOR,
    Act.DRAW_SAMPLE: frozenset({Role.EVALUATOR}),
    Act.ANSWER_FINDING: frozenset({Role.PROVIDER_OFFICER, Role.STATION_SUPERVISOR}),
    Act.READ_REPORT: frozenset({Role.EVALUATOR, Role.COORDINATOR, Role.STATION_SUPERVISOR}),
    Act.MANAGE_ACCOUNTS: _ADMINISTRATOR,
    Act.MANAGE_LISTS: _ADMINISTRATOR,
    Act.READ_JOBS: _ADMINISTRATOR,
    Act.OPEN_GLASS: _CASEWORK,
    Act.REVIEW_GLASS: frozenset({Role.STATION_SUPERVISOR, Role.COORDINATOR}),
    Act.HANDLE_RIGHTS: _CASEWORK,
    Act.HALT_OR_ERASE: frozenset({Role.STATION_SUPERVISOR, Role.COORDINATOR}),
    Act.APPLY_RETENTION: _ADMINISTRATOR | _COORDINATOR,
    Act.READ_LOG: frozenset({Role.AUDITOR}),
    Act.READ_LOOKS: _CASEWORK,
    Act.RECORD_CONSENT: _CASEWORK,
    Act.WITHDRAW_CONSENT: _CASEWORK,
    Act.REVIEW_EMERGENCY: frozenset({Role.STATION_SUPERVISOR, Role.COORDINATOR}),
}
"""Roles that may do an act at all; SCOPES then narrows the records."""

WITHOUT_ACCOUNT = frozenset(
    {Act.SIGN_IN, Act.INSTALL_PHONE, Act.ANSWER_BY_LINK, Act.READ_CALENDAR_FEED, Act.SAY_HOW_IT_WENT}
)
"""Acts of people who have not signed in."""
