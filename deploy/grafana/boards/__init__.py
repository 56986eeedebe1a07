"""All dashboards, in the order in which they link to each other."""

from deploy.grafana.boards import alerts, gateway, overview, pipeline, quality, sinks, users
from deploy.grafana.panels import Board

BOARDS: tuple[Board, ...] = (
    overview.BOARD,
    gateway.BOARD,
    pipeline.BOARD,
    sinks.BOARD,
    users.BOARD,
    quality.BOARD,
    alerts.BOARD,
)
