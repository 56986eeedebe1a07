"""Which files are mutated, and by which tests each is held. A new pure file is one line here."""

ROOMS: dict[str, tuple[str, ...]] = {
    "streams/signature.py": ("tests/test_signature.py",),
    "streams/bounds.py": ("tests/test_bounds.py", "tests/test_bounded_rows.py"),
    "streams/preference.py": ("tests/test_preferred.py", "tests/test_bounds_and_order.py"),
    "streams/alerting/looked.py": ("tests/alerting/test_trial.py",),
    "streams/alerting/silence.py": ("tests/alerting/test_happenings.py",),
}
