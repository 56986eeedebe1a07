"""Dashboards as code: `python -m deploy.grafana` writes `dashboards/*.json`, `python -m deploy.grafana.render` fills
docs/dashboards.md with what they show of a real run.

`boards/` says what is shown, one file a dashboard, as tables of panels; `panels.py` what a panel is; `queries.py` the
few forms that queries have; `build.py` turns it into Grafana's JSON; `unseen.py` lists the metrics that no panel shows.
"""
