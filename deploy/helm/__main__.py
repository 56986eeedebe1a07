"""Write what is made of the chart anew."""

from deploy.helm.chart import HERE, written

for path, text in written().items():
    path.write_text(text, encoding="utf-8")
    print("wrote", path.relative_to(HERE))
