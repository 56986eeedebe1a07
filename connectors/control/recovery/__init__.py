"""What was missed while we were away, brought back: by Svix, by Junction's API, or by hand in the dashboard.

| what | file |
|---|---|
| since when: the longest time without a heartbeat | `gap` |
| which way brings back which family of events, and which one none does. Pure | `ways` |
| Svix's recover and replay-missing, in spans, until no failure is left | `by_svix` |
| the endpoint's rate, lowered meanwhile and put back, also after kill -9 | `rate_journal` |
| what arrived of it: messages of that time in the raw topics | `arrivals` |
| lab orders, the gap of wearables, connections, by Junction's API | `by_junction`, `connections` |
| all of it in order, told in lines | `run` |
"""
