"""Pictures of the dashboards: `python -m deploy.grafana.shots` (`make board-shots`).

`moments.py` runs the demo beside a real Prometheus and keeps what that has scraped, and when what happened;
`replay.py` asks the kept Prometheus what every panel shows at such a moment; `browser.py` has Grafana's own published
components draw the answers in Chromium (`page.tsx`, `panel.tsx`, packages in `package.json`). So boards that were
changed are drawn anew from the same run.

Not covered: Grafana's server, its data source, variables and tooltips.
"""
