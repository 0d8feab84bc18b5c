"""`x07 vm backends`: what is usable here, and what each enforces."""

import os

import click

from x07bundle import host
from x07bundle.cli.output import echo_bytes
from x07bundle.contract.consent import ACCEPT, YES
from x07bundle.files import json_compact
from x07bundle.vm import kvm, overview
from x07bundle.vm.preflight import Machine


@click.command(name="backends")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(as_json: bool) -> int:
    """Say which backends of the VM boundary are usable here, and what each enforces.

    Each engine has a few seconds to answer. The first line is what a sandboxed program would run
    in now, by X07_VM_BACKEND, X07_I_ACCEPT_WEAKER_ISOLATION and what is usable.

    \b
    Examples:
      x07 vm backends
      X07_I_ACCEPT_WEAKER_ISOLATION=1 x07 vm backends --json
    """
    here = host.read()
    machine = Machine(here, os.environ, kvm.look(here))
    accepted = os.environ.get(ACCEPT, "").strip() in YES
    found = overview.look(machine, accepted)
    if as_json:
        echo_bytes(json_compact(overview.document(found)))
    else:
        click.echo(overview.text(found), nl=False)
    return 0
