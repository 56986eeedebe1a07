"""Signed probes along the way that events take: who answers, and where the way breaks.

| what | file |
|---|---|
| one probe, sent as Junction sends an event | `probe` |
| what its answer says | `reading` |
| what on the way changes a body or takes a header, found by trying | `trial` |
| what that means, and what mends it | `judge` |
| which URLs and secrets there are to probe | `routes` |
"""
