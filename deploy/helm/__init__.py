"""The Helm chart, and what of it is made from the code: `make chart`.

chart       values that the chart takes, from its values.yaml and from the settings
settings    which setting goes into a pod how: as a variable, as a secret, as a file; which pods are given it
"""
