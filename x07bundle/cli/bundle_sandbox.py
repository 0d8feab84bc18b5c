"""The policy of a sandboxed bundle."""

import click

from x07bundle.policy.choice import Choice
from x07bundle.policy.overrides import keep


def keep_policy(chosen: Choice) -> None:
    """Writes the policy that options made, and says where.

    Raises:
        OutputError: it cannot be written.
    """
    keep(chosen.effective)
    if chosen.effective.derived:
        click.echo(f"x07 bundle: using derived policy {chosen.effective.path}", err=True)
