"""Our webhooks at Junction: what is wanted, compared, changed, proved, rotated, recovered.

webhooks.toml says what is wanted, Junction's Management API what there is. The difference is a plan; `apply` reads
again, and changes only that.

| what | file |
|---|---|
| webhooks.toml: what is wanted, all its problems with lines | `file`, `file_lines` |
| which endpoint is ours: a tag at the end of its description | `tag` |
| patterns of event types as exact names | `globs` |
| Junction's clock | `junction_clock` |
| who answers at a URL; where the way breaks | `probing/` |
| the signing secret turned, step by step | `rotation/` |
| what was missed, brought back | `recovery/` |
| headers that Junction cannot send; secrets that it cannot use | `header_rules`, `signing_secret` |
| what differs, field by field; what has to be done; a plan in a file | `compare`, `plan`, `plan_file` |
| doing it, once, whatever happens on the way; whether a URL may be told to Junction | `apply`, `proving` |
| with the dashboard alone: the steps, and what is seen of them | `guided` |
| taking over what somebody made by hand; which credentials there are | `adopt`, `cases` |
"""
