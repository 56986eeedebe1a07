"""Names and texts within SQL."""


def name(*parts: str) -> str:
    """An identifier, each part quoted."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def names(parts: tuple[str, ...] | list[str], alias: str = "") -> str:
    """Identifiers with commas between them."""
    return ", ".join(name(*filter(None, (alias, part))) for part in parts)


def text(value: str) -> str:
    """A literal."""
    quoted = "'" + value.replace("'", "''") + "'"
    return " E" + quoted.replace("\\", "\\\\") if "\\" in value else quoted
