"""Which files are mutated, and by which tests each is held. A new pure file is one line here.

What already runs while a test module is imported is not changed: such a function needs a call inside a test.
"""

ROOMS: dict[str, tuple[str, ...]] = {
    "streams/events/signature.py": ("tests/test_signature.py",),
    "streams/events/record_bounds.py": ("tests/test_bounds.py", "tests/test_bounded_rows.py"),
    "streams/alerts/looked.py": ("tests/alerting/test_trial.py",),
    "streams/events/key_parts.py": ("tests/test_keys.py",),
    "streams/events/ids.py": ("tests/test_ids.py",),
    "streams/events/actions.py": ("tests/test_events.py", "tests/test_actions.py"),
    "streams/tables/rows.py": ("tests/test_rows.py",),
    "streams/tables/verdicts.py": ("tests/test_dedup.py", "tests/test_future_versions.py"),
    "streams/events/times.py": ("tests/test_times.py",),
    "streams/events/text/body_bounds.py": ("tests/test_body_bounds.py",),
    "streams/events/types.py": ("tests/test_events.py", "tests/test_mend.py"),
    "streams/tables/connections.py": ("tests/test_connection.py",),
    "streams/tables/coverage.py": ("tests/test_coverage.py",),
    "streams/tables/history/windows.py": ("tests/fetch/test_windows.py",),
}
