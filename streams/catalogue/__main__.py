"""Write docs/catalogue.md anew."""

from streams.catalogue import PATH, render

PATH.write_text(render(), encoding="utf-8")
print(f"wrote {PATH.name}")
