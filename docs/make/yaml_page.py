"""Pages that are YAML: keys in the order in which they were made, a line at the top that says where it comes from."""

from typing import Any

import yaml

_WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """Without anchors: a value that stands twice is written twice, as people read it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text_node)


def text(document: dict[str, Any], source: str) -> str:
    """The document as YAML. `source`: what to edit instead."""
    head = f"# Made by `make docs` from {source}; do not edit.\n"
    return head + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
