"""The event types of the fake's catalogue: those of Junction's today (domain file, 2.1), spelled out. A filter may name
these and no others."""

from streams.events.resources import RESOURCES

_CONTROL = """
provider.connection.created provider.connection.error provider.device.created provider.device.updated
continuous_query.result_table.changed labtest.order.created labtest.order.updated labtest.appointment.created
labtest.appointment.updated labtest.result.critical labtest.match_review.created labtest.match_review.updated
labtest.order_tracking.updated lab_report.parsing_job.created lab_report.parsing_job.updated checkout.quote.created
checkout.session.created checkout.session.updated
"""
_OF_DATA = ("daily.data.{}.created", "daily.data.{}.updated", "historical.data.{}.created")

EVENT_TYPES = frozenset(
    [*_CONTROL.split(), *(form.format(row.name) for row in RESOURCES.values() if not row.legacy for form in _OF_DATA)]
)
