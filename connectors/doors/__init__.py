"""What every door does with a message of one of Junction's pipelines: its envelope, its body, its process.

| what | file |
|---|---|
| what is around a message, and what it may say | `envelope` |
| the body of a message and what is known of its delivery, or why it is a dead letter | `opening` |
| the process of a door, from its settings to its end | `service` |

Each transport has a folder beside this one: a pure `envelope`, which reads its properties, and a `source` for the loop
in `connectors.contract.receiving`.
"""
