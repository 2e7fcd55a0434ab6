"""Which role may ask what of whom, and what may stand in the answer: written by hand from the field's rules.

A line: endpoint, methods (G GET, P POST), the kind of record in the address (`-` none, `name=value` a plain part), then
clauses divided by `;`. A clause says who (a word of WHO, or role:subject,subject), what status is answered, and the
groups of canaries about that subject: in capitals they must be there, in small letters they may be. What no clause
names is answered 404, word for word as for a key that nobody has. `< name=value&…` at the end is what is sent.
"""

WHO = {
    # Casework in the scope of each; with + the files opened by break-glass too, which are for reading only.
    "CASE": "worker:own supervisor:own coordinator:own,shared,foreign",
    "CASE+": "worker:own,opened supervisor:own,opened coordinator:own,shared,foreign,opened",
    "STATION": "worker:own supervisor:own",
    "STATION+": "worker:own,opened supervisor:own,opened",
    "CHIEF": "supervisor:own coordinator:own,shared,foreign",
    "CHIEF+": "supervisor:own,opened coordinator:own,shared,foreign,opened",
    "AREA": "coordinator:own,shared,foreign",
    "AREA+": "coordinator:own,shared,foreign,opened",
    "OPENED": "worker:opened supervisor:opened coordinator:opened",
    "ASKED": "officer:shared,taken_back",
    "SHARED": "officer:shared",
    "BACK": "officer:taken_back",
    "EVERYBODY": "assistant:* worker:* supervisor:* officer:* coordinator:* evaluator:* administrator:* auditor:*",
    "CATALOGUE": "worker:* supervisor:* coordinator:*",
    "COORDINATOR": "coordinator:*",
    "ADMINISTRATOR": "administrator:*",
    "ASSISTANT": "assistant:*",
    "REPORT": "supervisor:* coordinator:* evaluator:*",
    "KEEPERS": "coordinator:* administrator:*",
    "AUDITOR": "auditor:*",
    "CASEWORKERS": "worker:* supervisor:* coordinator:*",
    "STATIONS": "worker:* supervisor:*",
    "SAMPLE": "evaluator:own,shared,foreign",
    "OFFICER": "officer:*",
    "REVIEWER": "supervisor:own coordinator:shared,foreign",
}

TABLE = """
account.ask_for_reset           G  -           EVERYBODY 200
account.ask_for_reset           P  -           EVERYBODY 422
account.begin_second_factor     P  -           EVERYBODY 302
account.confirm_second_factor   P  -           EVERYBODY 422
account.end_other_sessions      P  -           EVERYBODY 302
account.end_session             P  session     EVERYBODY 302
account.enter_code              GP -           EVERYBODY 302
account.enter_from_city         P  -           EVERYBODY 302
account.home                    G  -           EVERYBODY 302
account.list_messages           G  -           EVERYBODY 200
account.list_sessions           G  -           EVERYBODY 200
account.mark_messages_read      P  -           EVERYBODY 302
account.remove_second_factor    P  -           EVERYBODY 422
account.renew_recovery_codes    P  -           EVERYBODY 422
account.show_account            G  -           EVERYBODY 200
account.show_account            P  -           EVERYBODY 422
account.show_second_factor      G  -           EVERYBODY 200
account.sign_in                 G  -           EVERYBODY 200
account.sign_in                 P  -           EVERYBODY 422
account.sign_out                P  -           EVERYBODY 302
account.begin_city              G  -
account.return_from_city        G  -
account.use_link                GP token=none  EVERYBODY 410

admin.apply_retention           P  retention   KEEPERS 409
admin.confirm_retention         P  retention   KEEPERS 302
admin.discard_retention         P  retention   KEEPERS 302
admin.edit_category             G  category    ADMINISTRATOR 200
admin.edit_category             P  category    ADMINISTRATOR 422
admin.edit_need_type            G  need_type   ADMINISTRATOR 200
admin.edit_need_type            P  need_type   ADMINISTRATOR 422
admin.edit_term                 G  term        ADMINISTRATOR 200
admin.edit_term                 P  term        ADMINISTRATOR 422
admin.edit_instrument           G  instrument  ADMINISTRATOR 200
admin.edit_instrument           P  instrument  ADMINISTRATOR 422
admin.list_instruments          G  -           ADMINISTRATOR 200
admin.make_instrument           G  -           ADMINISTRATOR 200
admin.make_instrument           P  -           ADMINISTRATOR 422
admin.publish_instrument        P  instrument  ADMINISTRATOR 302
admin.show_instrument           G  instrument  ADMINISTRATOR 200
admin.show_instrument           P  instrument  ADMINISTRATOR 302
admin.end_sessions              P  account     ADMINISTRATOR 302
admin.export_retention          G  -           KEEPERS 200
admin.invite                    G  -           ADMINISTRATOR 200
admin.invite                    P  -           ADMINISTRATOR 422
admin.link_city                 P  account     ADMINISTRATOR 302
admin.list_accounts             G  -           ADMINISTRATOR 200
admin.give_outgoing_up          P  -           ADMINISTRATOR 302
admin.list_endpoints            G  -           ADMINISTRATOR 200
admin.list_endpoints            P  -           ADMINISTRATOR 422
admin.list_jobs                 G  -           ADMINISTRATOR 200
admin.list_outgoing             G  -           ADMINISTRATOR 200
admin.renew_endpoint_secret     P  -           ADMINISTRATOR 302
admin.send_outgoing_again       P  -           ADMINISTRATOR 302
admin.switch_endpoint           P  -           ADMINISTRATOR 302
admin.make_link                 P  account     ADMINISTRATOR 200
admin.propose_retention         P  -           KEEPERS 409
admin.remove_day                P  day=2026-10-01  ADMINISTRATOR 302
admin.remove_second_factor      P  account     ADMINISTRATOR 302
admin.show_account              G  account     ADMINISTRATOR 200
admin.show_account              P  account     ADMINISTRATOR 422
admin.show_calendar             G  -           ADMINISTRATOR 200
admin.show_calendar             P  -           ADMINISTRATOR 422
admin.show_lists                G  -           ADMINISTRATOR 200
admin.show_retention            G  -           KEEPERS 200
admin.switch_account            P  account     ADMINISTRATOR 302

casework.accept_lead            P  lead        CASE 302
casework.answer_for_provider    G  referral    CASE+ 200 io
casework.answer_for_provider    P  referral    CASE 422 io
casework.assess                 G  case        CASE+ 200 Ioh
casework.assess                 P  case        CASE 422 Ioh
casework.cancel_referral        G  referral    CASE+ 200 io
casework.cancel_referral        P  referral    CASE 422 io
casework.close_glass            P  glass       OPENED 302
casework.close_need             G  need        CASE+ 200 Ion
casework.close_need             P  need        CASE 422 Ion
casework.conclude_case          G  case        CASE+ 200 Ion
casework.conclude_case          P  case        CASE 422 Ion
casework.correct_sheet          G  sheet       CASE+ 200 Inoh
casework.correct_sheet          P  sheet       CASE 422 Inoh
casework.end_goal               G  goal        CASE+ 200 INo
casework.end_goal               P  goal        CASE 422 INo
casework.handle_flag            G  red_flag    CASE+ 200 Intoh
casework.handle_flag            P  red_flag    CASE 422 Intoh
casework.issue_code             P  referral    CASE 200 io
casework.rate_goal              G  goal        CASE+ 200 INo
casework.rate_goal              P  goal        CASE 422 INo
casework.record_call            G  referral    CASE+ 200 Io
casework.record_call            P  referral    CASE 422 Io
casework.set_goal               G  case        CASE+ 200 Io
casework.set_goal               P  case        CASE 422 Io
casework.settle_contradiction   G  contradiction CHIEF+ 200 Ion
casework.settle_contradiction   P  contradiction CHIEF 422 Ion
casework.show_measures          G  case        CASE+ 200 INoh
casework.show_sheet             G  sheet       CASE+ 200 Inoh
casework.take_measure           G  case:who5   CASE+ 200 Io
casework.take_measure           P  case:who5   CASE 422 Io
casework.correct_visit          G  visit       STATION 200 INo
casework.correct_visit          P  visit       STATION 422 INo
casework.do_rights              P  rights      CASE 302
casework.exit_case              G  case        CASE+ 200 Io
casework.exit_case              P  case        CASE 422 Io
casework.export_cases           G  -           STATIONS 200; STATION 200 IoT               < purpose=service
casework.export_copy            G  rights      CASE 200 CFHIKNOPT                          < purpose=service
casework.export_visits          G  -           STATIONS 200; STATION 200 INo               < purpose=service
casework.list_cases             G  -           STATIONS 200; STATION+ 200 Io
casework.list_emergencies       G  -           supervisor:* coordinator:* 200; CHIEF+ 200 O
casework.list_glass             G  -           CASEWORKERS 200; OPENED 200 OP
casework.list_looks             G  person      CASE+ 200 Io
casework.list_reviews           G  -           supervisor:* coordinator:* 200; REVIEWER 200 O
casework.reply_to_question      P  referral    CASE 302
casework.send_link_again        P  referral    CASE 302
casework.list_rights            G  -           CASEWORKERS 200; CASE 200 Oi
casework.list_visits            G  -           STATIONS 200; STATION+ 200 INo
casework.log_group              G  -           STATIONS 200; STATION+ 200 io
casework.log_group              P  -           STATIONS 422; STATION+ 422 io
casework.log_visit              G  -           STATIONS 200; STATION+ 200 io
casework.log_visit_for_referral G  referral    STATION+ 200 Io
casework.log_visit_for_referral P  referral    STATION 422 Io
casework.log_visit_to           G  person      STATION+ 200 Io
casework.log_visit_to           P  person      STATION 422 Io
casework.open_case              G  person      CASE+ 200 Io
casework.open_case              P  person      CASE 422 Io
casework.open_glass             G  -           CASEWORKERS 200
casework.open_glass             P  -           CASEWORKERS 422
casework.print_consent          G  person      CASE+ 200 Io
casework.record_consent         G  person      CASE+ 200 Io
casework.record_consent         P  person      CASE 422 Io
casework.record_need            G  case        CASE+ 200 Ioh
casework.record_need            P  case        CASE 422 Ioh
casework.record_rights          G  person      CASE+ 200 Io
casework.record_rights          P  person      CASE 422 Io
casework.refer_need             G  need        CASE+ 200 Ion
casework.refer_need             P  need        CASE 422 Ion
casework.refuse_rights          G  rights      CASE 200 Oi
casework.refuse_rights          P  rights      CASE 422 Oi
casework.reopen_case            G  case        CASE+ 200 Io
casework.reopen_case            P  case        CASE 422 Io
casework.reveal                 P  person      CASE 302; CASE 302
casework.review_emergency       G  emergency   CHIEF+ 200 IOPn
casework.review_emergency       P  emergency   CHIEF 422 IOPn
casework.review_glass           G  glass       REVIEWER 200 OP
casework.review_glass           P  glass       REVIEWER 422 OP
casework.revisit_case           G  case        CASE+ 409
casework.revisit_case           P  case        CASE 409
casework.send_in_emergency      G  waiting     CASE+ 200 oi
casework.send_in_emergency      P  waiting     CASE 422 oi
casework.show_case              G  case        CASE+ 200 HINOp
casework.show_copy              G  rights      CASE 200 CFHIKNOPT
casework.show_desk              G  -           STATIONS 200; STATION+ 200 oin
casework.show_glass             G  glass       OPENED 200 CHINOPTk
casework.show_household         G  household   CASE+ 200 HINOt
casework.show_need              G  need        CASE+ 200 INOh
casework.show_person            G  person      CASE+ 200 CHIKNOTp
casework.show_referral          G  referral    CASE+ 200 INOPt
casework.show_rights            G  rights      CASE 200 IOP
casework.withdraw_consent       G  consent     CASE+ 200 Ioc
casework.withdraw_consent       P  consent     CASE 422 Ioc

coordination.accept_all         P  round       AREA 302
coordination.accept_proposal    P  proposal    AREA 302
coordination.add_location       G  organization COORDINATOR 200
coordination.add_location       P  organization COORDINATOR 422
coordination.add_organization   G  -           COORDINATOR 200
coordination.add_organization   P  -           COORDINATOR 422
coordination.add_phone          G  organization COORDINATOR 200
coordination.add_phone          P  organization COORDINATOR 422
coordination.add_service        G  organization COORDINATOR 200
coordination.add_service        P  organization COORDINATOR 422
coordination.apply_import       P  import      AREA 302
coordination.apply_round        P  round       AREA 302
coordination.change_proposal    P  proposal    AREA 422 IOPn
coordination.discard_import     P  import      AREA 302
coordination.download_import    G  import      AREA 200 R
coordination.download_template  G  kind=people COORDINATOR 200
coordination.edit_organization  G  organization COORDINATOR 200
coordination.edit_organization  P  organization COORDINATOR 422
coordination.edit_service       G  service     COORDINATOR 200
coordination.edit_service       P  service     COORDINATOR 422
coordination.end_round          P  round       AREA 302
coordination.compute_preview    P  -           COORDINATOR 302
coordination.show_preview       G  -           COORDINATOR 200
coordination.resume_round       P  round       AREA 409
coordination.export_needs       G  -           COORDINATOR 200; AREA 200 IO                < purpose=service
coordination.export_services    G  -           CATALOGUE 200; OFFICER 200                  < purpose=service
coordination.build_scenario     G  -           COORDINATOR 200
coordination.build_scenario     P  -           COORDINATOR 422
coordination.discard_scenario   P  scenario    AREA 302
coordination.keep_scenario      P  scenario    AREA 302                                    < title=winter
coordination.list_scenarios     G  -           COORDINATOR 200
coordination.repeat_scenario    P  scenario    AREA 302
coordination.show_scenario      G  scenario    AREA 200 IOn
coordination.export_scenario    G  scenario    AREA 200
coordination.download_scenario_chart G scenario AREA 200
coordination.compute_effect     P  parameters  AREA 302
coordination.discard_parameters P  parameters  AREA 302
coordination.draft_parameters   G  -           COORDINATOR 200
coordination.draft_parameters   P  -           COORDINATOR 422
coordination.edit_parameters    G  parameters  AREA 200
coordination.edit_parameters    P  parameters  AREA 422
coordination.keep_parameters    P  parameters  AREA 302
coordination.list_parameters    G  -           KEEPERS 200
coordination.show_parameters    G  parameters  AREA 200; administrator:* 200
coordination.leave_proposal     P  proposal    AREA 302                                    < reason=later
casework.show_hours             G  -           supervisor:* coordinator:* officer:* 200
casework.export_hours           G  -           supervisor:* coordinator:* officer:* 200        < purpose=service
casework.list_hours             G  -           supervisor:* coordinator:* 200; REVIEWER 200 i; coordinator:own 200 i
casework.approve_hours          P  -           supervisor:* coordinator:* 302
casework.show_visit_hours       G  visit       supervisor:own 200 ino
casework.dispute_hours          P  visit       supervisor:own 422 ino
casework.explain_flag           P  flag        supervisor:own 302
casework.list_limits            G  -           supervisor:* KEEPERS 200
casework.edit_limit             G  name=travel_kmh KEEPERS 200
casework.edit_limit             P  name=travel_kmh KEEPERS 422
casework.set_limit_for_help     G  -           KEEPERS 200
casework.set_limit_for_help     P  -           KEEPERS 422
casework.list_volunteers        G  -           worker:* supervisor:* officer:* 200
casework.add_volunteer          G  -           worker:* supervisor:* officer:* 200
casework.add_volunteer          P  -           worker:* supervisor:* officer:* 422
casework.show_volunteer         G  volunteer   STATION 200
casework.record_volunteer_hours G  volunteer   STATION 200
casework.record_volunteer_hours P  volunteer   STATION 422
casework.correct_volunteer_hours G volunteer_entry STATION 200
casework.correct_volunteer_hours P volunteer_entry STATION 422
casework.issue_statement        P  volunteer   STATION 422
casework.show_statement         G  statement   STATION 200
coordination.list_contracts     G  -           supervisor:* coordinator:* officer:* 200
coordination.add_contract       G  -           COORDINATOR 200
coordination.add_contract       P  -           COORDINATOR 422
coordination.add_contract_line  G  draft_contract AREA 200
coordination.add_contract_line  P  draft_contract AREA 422
coordination.show_contract      G  contract    AREA 200
coordination.sign_contract      P  draft_contract AREA 302
coordination.make_out_settlement P contract    AREA 302
coordination.close_contract     P  contract    AREA 302
coordination.show_settlement    G  settlement  AREA 200
coordination.export_settlement  G  settlement  AREA 200                                        < purpose=settlement
coordination.confirm_settlement P  settlement  AREA 302
coordination.deduct_settlement  P  settlement  AREA 422
coordination.discard_settlement P  settlement  AREA 302
coordination.pay_settlement     P  settlement  AREA 422
coordination.entitle_organization G organization COORDINATOR 200
coordination.entitle_organization P organization COORDINATOR 302
coordination.add_fund           G  organization COORDINATOR 200
coordination.add_fund           P  organization COORDINATOR 422
coordination.add_offer          P  fund        COORDINATOR 302
coordination.edit_fund          G  fund        COORDINATOR 200
coordination.edit_fund          P  fund        COORDINATOR 422
coordination.leave_fund         P  capacity    COORDINATOR 302
coordination.list_funds         G  -           COORDINATOR 200
coordination.show_fund          G  fund        COORDINATOR 200
coordination.list_imports       G  -           COORDINATOR 200
coordination.list_imports       P  -           COORDINATOR 422
coordination.list_needs         G  -           COORDINATOR 200; AREA+ 200 IOn
coordination.list_openings      G  -           COORDINATOR 200
coordination.list_rounds        G  -           COORDINATOR 200
coordination.list_services      G  -           CATALOGUE 200; OFFICER 200
coordination.record_check       G  organization COORDINATOR 200
coordination.record_check       P  organization COORDINATOR 422
coordination.download_planning_chart G name=curves
coordination.export_network     G  -           COORDINATOR 302
coordination.export_places      G  -           COORDINATOR 302
coordination.export_unmet       G  -           COORDINATOR 200; AREA 200 n                     < purpose=service
coordination.show_network       G  -           COORDINATOR 200
coordination.show_learned       G  -           KEEPERS 200
coordination.show_places        G  -           COORDINATOR 200
coordination.show_places        P  -           COORDINATOR 422
coordination.show_unmet         G  -           COORDINATOR 200; AREA+ 200 n
coordination.show_desk          G  -           COORDINATOR 200; AREA 200 Oi
coordination.show_import        G  import      AREA 200 R
coordination.show_organization  G  organization CATALOGUE 200; ASKED 200
coordination.show_proposal      G  proposal    AREA 200 IOPn
coordination.show_round         G  round       AREA 200 iop
coordination.show_service       G  service     CATALOGUE 200; ASKED 200
coordination.start_round        G  -           COORDINATOR 200
coordination.start_round        P  -           COORDINATOR 422

evaluation.export_chart         G  name=months REPORT 200                                  < purpose=report
evaluation.export_report        G  -           REPORT 200                                  < purpose=reporting
evaluation.answer_finding       P  finding     officer:* 422
evaluation.close_finding        P  finding     evaluator:* 422
evaluation.draw                 P  -           evaluator:* 422
evaluation.export_month         G  month       supervisor:* coordinator:* 200
evaluation.export_snapshot      G  snapshot    evaluator:* coordinator:* 200
evaluation.file_month           P  -           supervisor:* 302
evaluation.freeze               P  -           coordinator:* evaluator:* 302
evaluation.list_definitions     G  -           REPORT 200
evaluation.list_findings        G  -           officer:* supervisor:* 200; SHARED 200 io
evaluation.list_months          G  -           supervisor:* coordinator:* 200
evaluation.list_samples         G  -           evaluator:* 200
evaluation.list_snapshots       G  -           evaluator:* coordinator:* 200
evaluation.preview_month        G  -           supervisor:* 200
evaluation.print_report         G  -           REPORT 200
evaluation.send_month_back      P  month       coordinator:* 422
evaluation.show_file            G  sampled_file  evaluator:* 200; SAMPLE 200 o
evaluation.show_finding         G  finding     officer:* 200
evaluation.show_month           G  month       supervisor:* coordinator:* 200
evaluation.show_sample          G  file_sample  evaluator:* 200
evaluation.show_snapshot        G  snapshot    evaluator:* coordinator:* 200
evaluation.show_study           G  -           REPORT 200
evaluation.take_month           P  month       coordinator:* 302
evaluation.write_finding        P  sampled_file  evaluator:* 422; SAMPLE 422 o
evaluation.list_records         G  -           REPORT 200; CHIEF 200 io; SAMPLE 200 o            < figure=persons
evaluation.show_chart           G  name=months REPORT 200
evaluation.show_report          G  -           REPORT 200

intake.edit_person              G  person      CASE+ 200 IKTo
intake.edit_person              P  person      CASE 422 IKTo
intake.find_person              G  -           CASEWORKERS 200; STATION+ 200 Iot; AREA+ 200 Iot < q=CNRY
intake.report_hardship          G  -           ASSISTANT 200; assistant:own 200 io
intake.report_hardship          P  -           ASSISTANT 422; assistant:own 422 io
intake.take_in                  G  -           CASEWORKERS 200
intake.take_in                  P  -           CASEWORKERS 422

oversight.download_anchors      G  -           AUDITOR 200
oversight.list_entries          G  -           AUDITOR 200; auditor:own,shared,foreign,opened,none,taken_back 200 o
oversight.show_desk             G  -           AUDITOR 200
oversight.verify                P  -           AUDITOR 302

phone.file_lead                 G  -           STATIONS 200; OFFICER 200
phone.file_lead                 P  -           STATIONS 422; OFFICER 422
phone.list_people               G  -           STATIONS 200; STATION+ 200 ino; OFFICER 200; SHARED 200 io; BACK 200 o
phone.log_group                 G  -           STATIONS 200; STATION+ 200 ino; OFFICER 200; SHARED 200 io; BACK 200 o
phone.log_group                 P  -           STATIONS 422; STATION+ 422 ino; OFFICER 422; SHARED 422 io; BACK 422 o
phone.log_visit                 G  -           STATIONS 200; OFFICER 200
phone.log_visit                 P  -           STATIONS 422; OFFICER 422
phone.log_visit_for             G  referral    STATION+ 200 Ino; SHARED 200 Ino; BACK 200 O
phone.log_visit_for             P  referral    STATION 422 Ino; SHARED 422 Ino; BACK 422 O
phone.log_visit_to              G  person      STATION+ 200 Ino
phone.log_visit_to              P  person      STATION 422 Ino
phone.show_day                  G  -           STATIONS 200; STATION+ 200 ino; OFFICER 200; SHARED 200 io; BACK 200 o
phone.show_manifest             G  -           EVERYBODY 200
phone.show_picture              G  picture     STATION+ 200
phone.show_shell                G  -           STATIONS 200; OFFICER 200
phone.show_token                G  -           STATIONS 200; OFFICER 200
phone.show_visit                G  visit       worker:own 200 iNo
phone.show_words                G  language=zh EVERYBODY 200
phone.show_worker               G  -           EVERYBODY 200
phone.take_entry                P  -           STATIONS 422; OFFICER 422
plans.add_round                 G  -           STATIONS 200; OFFICER 200
plans.add_round                 P  -           STATIONS 422; OFFICER 422
plans.change_plan               G  plan        STATION 200 N; SHARED 200; BACK 200
plans.change_plan               P  plan        STATION 422 n; SHARED 422; BACK 422
plans.edit_round                G  delivery    SHARED 200 IT; BACK 200
plans.edit_round                P  delivery    SHARED 422 IT; BACK 422
plans.end_plan                  G  plan        STATION 200; SHARED 200; BACK 200
plans.end_plan                  P  plan        STATION 302; SHARED 302; BACK 302
plans.hold_plan                 G  plan        STATION 200; SHARED 200; BACK 200
plans.hold_plan                 P  plan        STATION 422; SHARED 422; BACK 422
plans.list_rounds               G  -           STATIONS 200; OFFICER 200
plans.make_plan                 G  accepted    STATION 200; SHARED 200; BACK 200
plans.make_plan                 P  accepted    STATION 422; SHARED 422; BACK 422
plans.miss_visit                G  planned     STATION 200; SHARED 200; BACK 200
plans.miss_visit                P  planned     STATION 422; SHARED 422; BACK 422
plans.move_visit                G  planned     STATION 200; SHARED 200; BACK 200
plans.move_visit                P  planned     STATION 422; SHARED 422; BACK 422
plans.download_calendar         G  secret=none
plans.resume_plan               P  plan        STATION 409; SHARED 409; BACK 409
plans.show_calendar             GP -           STATIONS 200; OFFICER 200
plans.show_plan                 G  plan        CASE+ 200 INO; SHARED 200 IO; BACK 200 O
plans.show_round                G  delivery    SHARED 200 IT; BACK 200
plans.show_round                P  delivery    SHARED 422 IT; BACK 422
plans.show_week                 G  -           STATIONS 200; OFFICER 200; SHARED 200 I
plans.take_call                 G  plan        STATION 200; SHARED 200; BACK 200
plans.take_call                 P  plan        STATION 422; SHARED 422; BACK 422

providers.accept_referral       P  asked       SHARED 302; BACK 409
providers.accept_in_part        P  asked       SHARED 302; BACK 409                        < quantity=0.5
providers.ask_how_much          G  asked       ASKED 200 O
providers.ask_station           P  asked       ASKED 302
providers.ask_why_rejected      G  asked       ASKED 200 O
providers.complete_referral     G  referral    SHARED 200 Oi; BACK 200 O
providers.complete_referral     P  referral    SHARED 422 Oi; BACK 422 O
providers.confirm_services      P  -           OFFICER 302
providers.export_clients        G  -           OFFICER 200; SHARED 200 IO; BACK 200 o      < purpose=service
providers.correct_visit         GP visit
providers.fail_referral         G  referral    SHARED 200 Oi; BACK 200 O
providers.fail_referral         P  referral    SHARED 422 Oi; BACK 422 O
providers.hold_referral         G  referral    SHARED 200 Oi; BACK 200 O
providers.hold_referral         P  referral    SHARED 422 Oi; BACK 422 O
providers.list_clients          G  -           OFFICER 200; SHARED 200 IO; BACK 200 o
providers.show_satisfaction     G  -           OFFICER 200
providers.list_inbox            G  -           OFFICER 200; SHARED 200 Oi; BACK 200 O
providers.log_visit             G  referral    STATION+ 200 Io; SHARED 200 Io; BACK 200 O
providers.log_visit             P  referral    STATION 422 Io; SHARED 422 Io; BACK 422 O
providers.open_period           G  place       ASKED 200
providers.open_period           P  place       ASKED 422
providers.reject_referral       P  asked       SHARED 302; BACK 302                        < reason=full
providers.resume_referral       P  held        SHARED 302; BACK 409
providers.show_referral         G  referral    CASE+ 200 INOT; SHARED 200 IOT; BACK 200 O
providers.show_services         G  -           OFFICER 200
providers.start_referral        P  accepted    SHARED 302; BACK 409
providers.state_places          G  capacity    ASKED 200
providers.state_places          P  capacity    ASKED 422
providers.switch_accepting      P  place       ASKED 302

coordination.set_silence        G  -           COORDINATOR 200
coordination.set_silence        P  -           COORDINATOR 422

public.enter_code               G  -           EVERYBODY 200
public.note_seen                P  token=none  EVERYBODY 204
public.show_done                G  what=again  EVERYBODY 200
public.show_request             GP token=none  EVERYBODY 410
public.say_word                 P  -           EVERYBODY 422
public.show_help                P  -           EVERYBODY 422
"""

NOT_HERE = {
    "providers.correct_visit": "the entries of the district are the stations': tests of corrections have a provider's",
    "account.begin_city": "no city's sign-in is set up: tests of signing in have one",
    "account.return_from_city": "no city's sign-in is set up: tests of signing in have one",
    "account.use_link": "needs a secret that only a mail holds",
    "account.confirm_second_factor": "needs a code of the clock",
    "account.remove_second_factor": "needs a second factor that is set up",
    "account.renew_recovery_codes": "needs a second factor that is set up",
    "admin.apply_retention": "there is one live run, and it waits for a second person",
    "admin.propose_retention": "there is one live run already",
    "coordination.download_planning_chart": "a study would have to be there",
    "coordination.resume_round": "the round here has come to its end: tests of resuming stop one on the way",
    "casework.revisit_case": "no case here is concluded: tests of closing re-visit one",
    "plans.download_calendar": "needs an address that only its owner holds: tests of plans have one",
    "casework.dispute_hours": "the form wants words, and nothing is sent here",
    "casework.issue_statement": "the form wants a volunteer's days",
    "coordination.deduct_settlement": "the form wants an amount and a reason",
    "coordination.pay_settlement": "nothing here is confirmed by a second person",
    "evaluation.answer_finding": "the form wants a verdict",
    "evaluation.close_finding": "the form wants a verdict",
    "evaluation.draw": "the form wants a size and a period",
    "evaluation.send_month_back": "the form wants a reason",
    "evaluation.write_finding": "the form wants words",
    "phone.take_entry": "wants a sealed entry: tests of the phone send some",
    "plans.resume_plan": "no plan here is on hold: tests of plans go on with one",
    "public.show_request": "needs a link that works: tests of answering have some",
    "public.say_word": "needs a code that only a paper holds",
    "public.show_help": "needs a code that only a paper holds",
    "coordination.change_proposal": "the other place would have to be eligible",
}
"""Endpoints that do not get as far as success here; other tests take them there."""
