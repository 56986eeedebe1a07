"""Which files are mutated, and by which tests each is held. A new pure file is one line here.

What already runs while a test module is imported is not changed: such a function needs a call inside a test.
"""

ROOMS: dict[str, tuple[str, ...]] = {
    "streams/events/signature.py": ("tests/events/test_signature.py",),
    "streams/events/proof.py": ("tests/events/test_proof.py",),
    "streams/events/message_ids.py": ("tests/events/test_message_ids.py",),
    "streams/events/record_bounds.py": ("tests/events/test_record_bounds.py", "tests/tables/test_bounded_rows.py"),
    "streams/alerts/trial/data_span.py": ("tests/alerts/trial/test_trial.py",),
    "streams/events/key_parts.py": ("tests/events/test_key_parts.py",),
    "streams/events/ids.py": ("tests/events/test_ids.py",),
    "streams/events/actions.py": ("tests/events/test_types.py", "tests/events/test_actions.py"),
    "streams/events/rights.py": ("tests/events/test_rights.py",),
    "streams/tables/rows.py": ("tests/tables/test_rows.py",),
    "streams/tables/keys.py": ("tests/tables/test_keys.py",),
    "streams/tables/verdicts.py": ("tests/tables/test_verdicts.py", "tests/tables/test_future_versions.py"),
    "streams/tables/summaries/packed_numbers.py": ("tests/tables/summaries/test_packed_numbers.py",),
    "streams/tables/summaries/short_texts.py": ("tests/tables/summaries/test_short_texts.py",),
    "streams/tables/summaries/layouts.py": (
        "tests/tables/summaries/test_layouts.py",
        "tests/tables/summaries/test_form.py",
    ),
    "streams/events/times.py": ("tests/events/test_times.py",),
    "streams/events/text/body_bounds.py": ("tests/events/text/test_body_bounds.py",),
    "streams/events/text/gunzip.py": ("tests/events/text/test_gunzip.py",),
    "streams/events/types.py": ("tests/events/test_types.py",),
    "streams/events/identity.py": ("tests/events/test_identity.py", "tests/events/text/test_mend.py"),
    "streams/tables/connections.py": ("tests/tables/test_connections.py",),
    "streams/tables/coverage.py": ("tests/tables/test_coverage.py",),
    "connectors/junction/etl_pipelines.py": ("tests/connectors/junction/test_etl_pipelines.py",),
    "connectors/junction/pipeline_secrets.py": ("tests/connectors/junction/test_pipeline_secrets.py",),
    "connectors/junction/pipeline_checks.py": ("tests/connectors/junction/test_pipeline_checks.py",),
    "connectors/junction/pipeline_differences.py": ("tests/connectors/junction/test_pipeline_differences.py",),
    "connectors/postgres/tables/months.py": ("tests/connectors/postgres/tables/test_months.py",),
    "connectors/postgres/tables/migration.py": ("tests/connectors/postgres/tables/test_migration.py",),
    "streams/tables/history/windows.py": ("tests/tables/history/test_windows.py",),
    "connectors/event_hubs/amqp_values.py": ("tests/connectors/event_hubs/test_amqp_values.py",),
    "connectors/event_hubs/envelope.py": ("tests/connectors/event_hubs/test_envelope.py",),
    "connectors/event_hubs/placing.py": ("tests/connectors/event_hubs/test_placing.py",),
    "connectors/pubsub/envelope.py": ("tests/connectors/pubsub/test_envelope.py",),
    "connectors/pubsub/judge.py": ("tests/connectors/pubsub/test_checking.py",),
}
