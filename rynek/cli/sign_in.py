"""`rynek sign-in`: the way into the pages of the running market."""

from typing import Annotated

import typer

from rynek.cli.complaints import complaining

Subject = Annotated[
    str | None, typer.Argument(metavar="ven_…|shp_…", help="Whom to sign in, if not an operator.")
]


def sign_in(subject: Subject = None) -> None:
    """Print a link that signs in at the pages for a day: an operator, a vendor or a shopper."""
    from rynek.local.home import from_environment
    from rynek.local.sign_in import link

    with complaining():
        typer.echo(link(from_environment(), subject))
