"""What Junction documents: its event types and the values of its open enums. For the drift report and metric labels.

Nothing is routed, decoded or refused by these lists; a value that is missing here costs a line in a report.
Sources: the domain file's sections 2.1, 2.5, 2.6, 4.1, 4.2, 4.7, and the types of Junction's own SDK.
"""

from collections.abc import Mapping
from functools import lru_cache

from streams.events.resources import RESOURCES, Resource
from streams.events.types import Family, parse_type

Words = frozenset[str]


def _words(text: str) -> Words:
    return frozenset(text.split())


LABS = _words("""
ayumetrix spiriplex ussl quest sonora_quest labcorp bioreference us_biotek manual sanocardio ihd nexus my_uti crl mtl
""")
# Device providers, and the laboratories that stand as provider of a source (4.7).
PROVIDERS = LABS | _words("""
oura fitbit garmin strava wahoo ihealth withings google_fit dexcom_v3 polar cronometer omron whoop_v2 my_fitness_pal_v2
ultrahuman runkeeper google_health whoop renpho peloton zwift eight_sleep beurer_api dexcom hammerhead my_fitness_pal
kardia abbott_libreview tandem_source freestyle_libre apple_health_kit health_connect samsung_health freestyle_libre_ble
omron_ble onetouch_ble accuchek_ble contour_ble beurer_ble manual map_my_fitness
""")
SOURCE_TYPES = _words("""
unknown phone watch app multiple_sources fingerprick cuff manual_scan automatic insulin_pump scale chest_strap ring lab
exercise_machine earphone
""")
ERROR_TYPES = _words("""
token_refresh_failed webhook_registration_failed user_not_found deregistered_per_provider required_scopes_not_granted
provider_credential_error provider_password_expired unknown
""")
AVAILABILITY = _words("available unavailable")
# Keys of availability maps: resources, and names that are none of ours (2.5).
AVAILABLE = frozenset(RESOURCES) | _words(
    "connection order result match_review appointment result_table device device_legacy sleep_stream"
)

_TEST_RESULT = _words("negative positive indeterminate")
# Names of `$.data` of connection events by their action, and of notices of history (4.1, 4.2, 5.1); all generations.
CONTROL_NAMES: Mapping[str, Words] = {
    "created": _words("user_id provider source external_user_id resource_availability"),
    "error": _words("user_id provider source message error_type error_details"),
    "backfill": _words("user_id provider start_date end_date is_final"),
}

# Of typed fields, by schema and name of the field; in a list of small types, of its `value`.
FIELD_WORDS: Mapping[str, Mapping[str, Words]] = {
    "Sleep": {
        "type": _words("long_sleep short_sleep acknowledged_nap unknown"),
        "state": _words("tentative confirmed"),
    },
    "SleepCycle": {"stage_types": _words("-1 1 2 3 4 5")},
    "Electrocardiogram": {
        "classification": _words("sinus_rhythm atrial_fibrillation inconclusive"),
        "inconclusive_cause": _words("high_heart_rate low_heart_rate poor_reading"),
    },
    "Profile": {"gender": _words("female male other unknown"), "sex": _words("female male other")},
    "MenstrualCycle": {
        "menstrual_flow": _words("unspecified none light medium heavy"),
        "cervical_mucus": _words("dry sticky creamy watery egg_white"),
        "contraceptive": _words("unspecified implant injection iud intravaginal_ring oral patch"),
        "detected_deviations": _words(
            "persistent_intermenstrual_bleeding prolonged_menstrual_periods irregular_menstrual_cycles "
            "infrequent_menstrual_cycles"
        ),
        "ovulation_test": _TEST_RESULT | _words("luteinizing_hormone_surge estrogen_surge"),
        "home_pregnancy_test": _TEST_RESULT,
        "home_progesterone_test": _TEST_RESULT,
    },
    "Insulin": {
        "delivery_mode": _words("basal bolus"),
        "delivery_form": _words("standard extended"),
        "bolus_purpose": _words("meal correction mixed unknown"),
    },
    "Note": {"tags": _words("food exercise insulin_injection unspecified")},
}

# Of lab events, by resource and name of the column (2.3).
_INTERPRETATION = _words("normal abnormal critical unknown")
METHODS = _words("testkit walk_in_test at_home_phlebotomy on_site_collection")
LAB_WORDS: Mapping[str, Mapping[str, Words]] = {
    "order": {
        "status_detail": _words("""
        fulfillment_error date_of_collection_unspecified demographic_information_unspecified
        demographic_information_mismatch sample_quantity_not_sufficient sample_contaminated sample_stability_exceeded
        sample_hemolyzed sample_improper_collection sample_damaged_in_transit sample_integrity_compromised
        sample_not_provided consent_missing lab_not_certified_for_state collection_device_expired kit_not_registered
        collection_site_unrecognised rejected_on_request
        """),
        "interpretation": _INTERPRETATION,
        "collection_method": METHODS,
    },
    "appointment": {
        "status": _words("confirmed pending reserved in_progress completed cancelled"),
        "event_status": _words("pending reserved scheduled completed cancelled in_progress"),
        "appointment_type": _words("phlebotomy patient_service_center"),
        "provider": _words("getlabs phlebfinders quest sonora_quest"),
    },
    "result": {"status": _words("final partial"), "interpretation": _INTERPRETATION},
    "match_review": {
        "status": _words(
            "matched pending_customer_review pending_ops_review pending_customer_review:in_progress resolved"
        ),
        "decision_code": _words("""
        match_sample_id match_completed match_cancelled wrong_collection wrong_lab multiple_demo_match
        match_sample_id_mismatch_demo match_demo no_match
        """),
        "resolution_action": _words("accept reject unsure"),
        "interpretation": _INTERPRETATION,
    },
    "parsing_job": {
        "status": _words("upload_pending started completed failed"),
        "failure_reason": _words("invalid_input low_quality not_english too_many_pages processing_error"),
    },
}
_ORDER_TOP = _words("received collecting_sample sample_with_lab completed cancelled failed")
_ORDER_LOW = _words("""
ordered requisition_created requisition_bypassed transit_customer out_for_delivery with_customer transit_lab
delivered_to_lab completed failure_to_deliver_to_lab failure_to_deliver_to_customer problem_in_transit_lab
problem_in_transit_customer sample_error appointment_scheduled appointment_cancelled appointment_pending draw_completed
cancelled lost do_not_process partial_results awaiting_registration registered redraw_available corrected
lab_processing_blocked
""")


def is_order_status(status: str) -> bool:
    """Whether a status is documented: `{top}.{method}.{low}`, in old bodies `{top}` alone."""
    top, _, rest = status.partition(".")
    method, _, low = rest.partition(".")
    return top in _ORDER_TOP and (not rest or (method in METHODS and low in _ORDER_LOW))


# Of samples: `type` where it is an enum, elsewhere it is free.
SAMPLE_TYPES: Mapping[str, Words] = {
    "insulin_injection": _words("rapid_acting long_acting"),
    "heart_rate_alert": _words("low_heart_rate high_heart_rate irregular_rhythm"),
    "stand_hour": _words("stood idle"),
    "sleep_breathing_disturbance": _words("elevated not_elevated"),
}
SENSOR_LOCATIONS = _words(
    "armpit body ear finger gastrointestinal mouth rectum toe eardrum temporal_artery forehead wrist"
)
INTENSITIES = _words("low medium high")
_UNITS_TOO = {"respiratory_rate": "bpm", "water": "ml"}  # two that the wire writes in another way


def is_unit(row: Resource, unit: str) -> bool:
    """Whether samples of a resource have this unit."""
    return unit == row.unit or unit == _UNITS_TOO.get(row.name)


_CONTROL_OF_TODAY = _words("""
provider.connection.created provider.connection.error provider.device.created provider.device.updated
continuous_query.result_table.changed labtest.order.created labtest.order.updated labtest.appointment.created
labtest.appointment.updated labtest.result.critical labtest.match_review.created labtest.match_review.updated
labtest.order_tracking.updated lab_report.parsing_job.created lab_report.parsing_job.updated checkout.quote.created
checkout.session.created checkout.session.updated
""")
_CONTROL = _CONTROL_OF_TODAY | _words("testkit.order.updated daily.data.device.created daily.data.device.updated")
# Of Svix's operational webhooks (1.3, 2.2; the rest by the types of Svix's own client).
OPERATIONAL = _words("""
message.attempt.exhausted message.attempt.failing message.attempt.recovered
endpoint.created endpoint.updated endpoint.enabled endpoint.disabled endpoint.deleted
""")
_RAW = "raw."  # raw.{provider}.*: the provider's own events, on ETL pipelines with that option


def types_of_today() -> tuple[str, ...]:
    """The event types of Junction's catalogue, sorted, without those of other times: filters want exact names."""
    names = [name for name, row in RESOURCES.items() if not row.legacy]
    daily = (f"daily.data.{name}.{action}" for name in names for action in ("created", "updated"))
    return tuple(sorted([*_CONTROL_OF_TODAY, *daily, *(f"historical.data.{name}.created" for name in names)]))


@lru_cache(maxsize=4096)
def is_event_type(text: str) -> bool:
    """Whether Junction documents, or once documented, this event type."""
    # By its parts, because spellings are many (2.2).
    kind = parse_type(text)
    if kind.family is Family.BACKFILL:
        return kind.resource in RESOURCES or kind.resource == "device"
    return kind.family in (Family.SUMMARY, Family.TIMESERIES) or text in _CONTROL | OPERATIONAL or text.startswith(_RAW)
