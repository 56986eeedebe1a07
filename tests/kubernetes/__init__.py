"""The Helm chart on real tools: helm itself, Kubernetes' published schemas, and a real API server. `make helm`."""
