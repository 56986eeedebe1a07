"""`schemas`: what the registry has to hold, checked and registered."""

import typer

from streams.cli.base import MEND, AsJson, app, read_settings

schemas_app = typer.Typer(no_args_is_help=True, help="The Avro schemas in the registry: check, register.")
app.add_typer(schemas_app, name="schemas", rich_help_panel=MEND)


@schemas_app.command("check")
def schemas_check(as_json: AsJson = False) -> None:
    """Ask the registry whether each schema may follow every version that is there; exits with 1 when one may not."""
    from streams.cli.show.schemas import print_checks
    from streams.kafka import registry

    raise SystemExit(0 if print_checks(registry.check(read_settings()), as_json=as_json) else 1)


@schemas_app.command("register")
def schemas_register(as_json: AsJson = False) -> None:
    """Register each schema after asking for its compatibility. Safe to repeat."""
    from streams.cli.show.schemas import print_ids
    from streams.kafka import registry

    print_ids(registry.register(read_settings()), as_json=as_json)
