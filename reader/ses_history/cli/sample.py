"""`ses-history sample`: a made-up history to try the other commands on."""

import shlex
from datetime import UTC, datetime
from pathlib import Path

import click

from ses_history.cli.output import counted

_TRY = (
    ("find ada@example.com", "what became of all messages to Ada"),
    ("find ada@example.com --type bounce", "which of them bounced"),
    ("stats --by set --since 7d", "counts and rates of a week"),
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How many days it is of.")
@click.option(
    "--messages-a-day",
    type=click.IntRange(1, 100_000),
    default=250,
    show_default=True,
    help="How many messages a day, about and on average.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another number makes another history.")
def sample(*, folder: Path, days: int, messages_a_day: int, seed: int) -> None:
    """Write the made-up history of a shop to FOLDER, which is new or empty.

    It is the same for the same day, options and seed, and is what SES and Firehose would have left in the bucket: of
    orders, a newsletter and a campaign of a shop in Japan, up to the beginning of today by UTC. Nobody in it exists.
    """
    from ses_history.sample import write

    events = write(folder, datetime.now(UTC).date(), days, messages_a_day, seed)
    click.echo(f"{counted(events, 'event')} of {counted(days, 'day')} in {folder}. Try:\n")
    commands = [(f"ses-history {command} --folder {shlex.quote(str(folder))}", answer) for command, answer in _TRY]
    width = max(len(command) for command, _ in commands)
    for command, answer in commands:
        click.echo(f"  {command:{width}}   {answer}")
