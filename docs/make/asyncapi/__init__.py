"""AsyncAPI 3 of every topic: `make docs` writes docs/asyncapi.yaml from the layout, the schemas and the catalogue.

document   the whole, with what stands around the channels
channels   one for each topic, with Kafka's settings of it
messages   one for each shape of a record: its key, value and headers
headers    what each header of a record says
"""

from docs.make.asyncapi.document import PATH, document, render

__all__ = ["PATH", "document", "render"]
