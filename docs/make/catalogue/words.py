"""One sentence for each clean topic, for people who never saw Junction. Units and shapes stand beside it."""

ABOUT: dict[str, str] = {
    "activity": "One local day: energy, steps, distance, time by intensity, heart rate.",
    "sleep": "One sleep session: times, stages in total, score, heart rate, temperature.",
    "sleep_cycle": "The stages of one sleep session, one after the other.",
    "workouts": "One workout: sport, times, distance, energy, heart rate, power, route.",
    "workout_stream": "Notice that the measurements within a workout can be fetched.",
    "body": "One body measurement: weight and composition.",
    "meal": "One meal: energy, macro- and micronutrients, in all and for each food.",
    "menstrual_cycle": "One menstrual cycle with what was noted on its days.",
    "electrocardiogram": "Head of one ECG recording: times, heart rate, classification.",
    "profile": "What a provider knows of the user: height, birth date, sex.",
    "afib_burden": "Share of time in atrial fibrillation.",
    "basal_body_temperature": "Body temperature at rest, right after waking.",
    "blood_oxygen": "Oxygen saturation of the blood.",
    "blood_pressure": "Systolic and diastolic blood pressure.",
    "body_mass_index": "Weight by height squared.",
    "body_temperature": "Body temperature; `sensor_location` says where.",
    "body_temperature_delta": "Body temperature against the user's own baseline.",
    "caffeine": "Caffeine taken in.",
    "calories_active": "Energy burned by activity.",
    "calories_basal": "Energy burned at rest.",
    "carbohydrates": "Carbohydrates taken in.",
    "cholesterol": "Cholesterol in the blood; `type` says which (hdl, ldl, total, triglycerides).",
    "daylight_exposure": "Time in daylight.",
    "distance": "Distance moved; `source.sport` is set for wheelchair users.",
    "electrocardiogram_voltage": "Voltages of an ECG recording; `type` is the lead.",
    "fall": "Falls.",
    "fat": "Body fat.",
    "floors_climbed": "Floors climbed.",
    "forced_expiratory_volume_1": "Air breathed out in the first second of a forced breath.",
    "forced_vital_capacity": "Air breathed out in the whole of a forced breath.",
    "glucose": "Glucose in blood or tissue.",
    "handwashing": "Hand washing, once each.",
    "heart_rate_alert": "Alert of a watch; `type` says which (low_heart_rate, high_heart_rate, irregular_rhythm).",
    "heart_rate_recovery_one_minute": "Fall of the heart rate in the minute after exercise.",
    "heartrate": "Heart rate.",
    "hrv": "Heart rate variability, RMSSD in ms (Apple: SDNN, according to consumers).",
    "ige": "Antibodies of class E in the blood; `type` is the allergen.",
    "igg": "Antibodies of class G in the blood; `type` is the antigen.",
    "inhaler_usage": "Uses of an inhaler.",
    "insulin_injection": "Doses of insulin; `type` is rapid_acting or long_acting.",
    "lean_body_mass": "Weight without fat.",
    "mindfulness_minutes": "Time in mindfulness sessions.",
    "note": "Notes that the user wrote.",
    "peak_expiratory_flow_rate": "Fastest flow of air in a forced breath.",
    "respiratory_rate": "Breaths per minute.",
    "sleep_apnea_alert": "Alert of possible sleep apnea.",
    "sleep_breathing_disturbance": "Disturbances of breathing in a night; `type`: elevated or not_elevated.",
    "stand_duration": "Time on the feet.",
    "stand_hour": "Hours, each with `type` stood or idle.",
    "steps": "Steps.",
    "stress_level": "Stress as the provider computes it, 0 to 100.",
    "uv_exposure": "Exposure to ultraviolet light, UV index.",
    "vo2_max": "Largest uptake of oxygen in exercise.",
    "waist_circumference": "Circumference of the waist.",
    "water": "Water drunk.",
    "weight": "Body weight.",
    "wheelchair_push": "Pushes of a wheelchair.",
    "workout_distance": "Distance within a workout; `source.workout_id` says which.",
    "workout_duration": "Time within a workout by `intensity`.",
    "workout_swimming_stroke": "Swimming strokes within a workout.",
    "hypnogram": "Deprecated: sleep stages as samples; only in events stored before September 2026.",
    "connections": "The user's link to each provider: connected, in error, or implied by data.",
    "backfills": "For each provider and resource: the range of history that Junction has pulled.",
    "reconciliations": "What Junction says that it has of a resource, against what we have.",
    "devices": "The user's devices, named by `source.device_id` of data records.",
    "labs": "Lab testing: orders, appointments, critical results, match reviews, parsing jobs, tracking.",
    "query_results": "Rows of the team's continuous queries.",
    "alerts": "Steps in the life of alerts: opened, updated, resolved ([alerts.md](alerts.md)).",
    "alert_deliveries": "What became of each attempt to bring an alert to a receiver.",
    "lineage": "What a worker did with each event: verdicts, names of changed fields, places; never a value.",
    "other": "Checkout, and every event type that we do not know.",
    "preferences": "Which source's interval samples to take, for hours in which several sources have any.",
    "drift": "What is not as Junction documents it: event types, fields, words, shapes. No user is in it.",
}

INTRO = """\
# Catalogue of the clean topics

Made by `make docs`; do not edit. The schemas themselves are in [avro/](../avro/README.md), words in
the [glossary](glossary.md).

Junction collects health data of your users from wearables, devices and laboratories ("providers"). Each kind of data is
a **resource** and has a topic of its own, `<prefix>.<resource>`; the prefix is `junction` unless set otherwise. A
**summary** is one object for a day, a night, a workout, a meal; a **timeseries** is samples over time. What to know
before you count anything:

- **Newest wins.** Every record is a new version of something. Keep one row for each key (the tables say which) and
  overwrite it; records of one key come in order. `verdict` says what a record is: NEW, CHANGED, or CONFLICT (two
  contents claimed the same version; this one was chosen). Repetitions and late old versions never leave.
- **A timeseries record holds many samples** as parallel lists: `times[i]`, `ends[i]` and `values[i]` belong together.
  `ends` is empty where samples are points in time. Only samples that are new or changed are in it. A sample is one row
  for: user, resource, `source.provider`, `source.type`, its time, and what the table adds. A later record with the same
  row replaces the value.
- **Sources are not merged.** Phone and watch may both count the same steps: do not add them. A summary whose source is
  the one to take for its day has `preferred` true; when a better source appears, it is sent again with the new flag.
  Interval samples have the flag, too, as it was when they were sent; where `preferences` has a record for the user,
  resource and hour, take the source that it names. The order is that of `source.priority` (1 is best).
- **Times are UTC**, in microseconds where Junction gave them. Local time is UTC plus `local_offset_s`, where that is
  known; `local_date` (samples: `first_local_date`, `last_local_date`) is the local day. With `is_floating_time` the
  times are local ones written as if they were UTC: UTC is then the time minus `local_offset_s`, once the user's zone is
  known.
- **Nothing is hidden.** What has no column is in `unknown_fields`, what could not be read is named in `problems`.
- Kafka consumers must read with `isolation.level=read_committed`.
"""
