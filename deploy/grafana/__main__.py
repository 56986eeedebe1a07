"""Write the dashboards anew."""

from deploy.grafana.build import write

print("wrote", *(path.name for path in write()))
