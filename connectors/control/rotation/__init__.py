"""The signing secret turned without an event that is refused: gateways first, Junction second, the old one out later.

| what | file |
|---|---|
| the steps, each of which may be done again after a kill | `steps` |
| which step is done; a file beside the secrets, 0600, with fingerprints alone | `journal` |
| what a rotation needs: file, gateways, Junction | `place` |
| the file of secrets edited as text, and replaced as a whole | `secret_text`, `secret_file`, `replacing` |
| every process of every gateway, asked by probes | `gateways` |
| the secret as Junction has it | `at_junction` |
| whether an old one may go | `quiet` |
| how far it is | `status` |
"""
