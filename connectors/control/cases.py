"""What can be done, by the credentials that there are. Every command says which case it is in."""

from enum import StrEnum

from streams.ops.settings import Settings


class Case(StrEnum):
    """The value is the sentence."""

    DASHBOARD = (
        "dashboard only: there is no STREAMS_JUNCTION_MANAGEMENT_KEY, so steps are printed, and their effect checked"
    )
    MANAGEMENT = "management key: endpoints are read and changed through Junction's Management API"
    SVIX = "management key and Svix token: endpoints are read and changed, and what was sent can be sent again"
    SVIX_ALONE = "Svix token, no management key: what was sent can be sent again, and no endpoint is read or changed"


def case_of(settings: Settings) -> Case:
    """A Svix token alone is none of them: endpoints are read and changed with the management key."""
    if not settings.junction_management_key.get_secret_value():
        return Case.DASHBOARD
    return Case.SVIX if settings.svix_token.get_secret_value() else Case.MANAGEMENT


def case_of_recovery(settings: Settings) -> Case:
    """Sending again needs Svix's token alone."""
    found = case_of(settings)
    return Case.SVIX_ALONE if found is Case.DASHBOARD and settings.svix_token.get_secret_value() else found
