"""`pip install python-qpid-proton && python make_proton.py > proton.json`: values as Apache Qpid's encoder writes them.

That package has to be compiled, so the vectors are kept, and not the package. Each: its AMQP type, the bytes in hex,
and the text; null where there is no text in it.
"""

import json
import uuid

from proton import Data

ID = "5f0c2c0e-0000-4000-8000-000000000001"
TEXTS = ["", "a", "gzip", ID, "daily.data.sleep.created", "Zürich \U0001f634", "x" * 255, "x" * 256, "ü" * 128]
OTHERS = {
    "bool": [True, False],
    "int": [0, 5, -1, 300, 2**31 - 1],
    "long": [5, -300, 2**62],
    "uint": [0, 7, 70_000],
    "ulong": [0, 7, 2**63],
    "double": [1.5],
    "timestamp": [1_780_000_000_000],
    "char": ["a"],
}


def encoded(kind, value):
    data = Data()
    getattr(data, f"put_{kind}")(value)
    return data.encode().hex()


rows = [("string", encoded("string", text), text) for text in TEXTS]
rows += [("binary", encoded("binary", text.encode()), text) for text in TEXTS]
rows += [("symbol", encoded("symbol", text), text) for text in TEXTS if text.isascii()]
rows += [(kind, encoded(kind, value), None) for kind, values in OTHERS.items() for value in values]
rows.append(("uuid", encoded("uuid", uuid.UUID(ID)), ID))
data = Data()
data.put_null()
rows.append(("null", data.encode().hex(), ""))
print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")
