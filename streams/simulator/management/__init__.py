"""The fake of what tells Junction where to deliver: its Management API for webhooks, and Svix behind it. One state.

`rules`: what Svix refuses. `endpoint`: one webhook with its live secrets. `state`: all that there is. `webhooks`: the
Management API over it. `trouble`: answers lost after the effect, refusals, cursors in circles, edits by others.
`deliveries` really posts, a `lane` for each endpoint and an `endpoint_log` of what came of it; `svix_api` brings back.
`fake` puts them together. Where Junction does not say how it hands on what Svix says, the file that decides says so.
"""
