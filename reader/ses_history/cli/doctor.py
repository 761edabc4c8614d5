"""`ses-history doctor`: the link that keeps events from the history."""

import click

from ses_history.cli.display import Display
from ses_history.cli.exit_codes import ExitCode
from ses_history.cli.output import print_json, print_lines
from ses_history.cli.where import bucket_named


@click.command()
@click.option("--stack", help="The Pulumi stack that created the history; asks the Pulumi CLI.")
@click.option(
    "--bucket",
    envvar="SES_HISTORY",
    show_envvar=True,
    help="The S3 bucket that holds the history, or s3://BUCKET; PROFILE@ before it takes an AWS profile.",
)
@click.option("--identity", "identities", multiple=True, help="Only this identity, a domain or an address; repeatable.")
@click.option("--set", "sets", multiple=True, help="Only this configuration set; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def doctor(
    *, stack: str | None, bucket: str | None, identities: tuple[str, ...], sets: tuple[str, ...], as_json: bool
) -> None:
    """Look at every link between a message and its event in the bucket, in the order mail takes.

    A line for each: fine, broken, could not look, or not looked at, with what AWS says of it. Under a broken link are
    the commands that mend it. It reads alone, and changes nothing.

    After a broken link nothing can arrive, and what follows is not looked at. "Could not look" is no verdict: AWS did
    not let you, or did not answer within 3 seconds. The stack's output doctor_policy_json is the IAM policy to look
    at all of it. SES takes about a call a second: what there is no time for in 9 seconds is named, and --set and
    --identity look at less.

    In JSON the addresses are masked, also in the commands, so that it can be pasted into a ticket.

    Exit codes: 0 all is fine; 1 a link is broken; 6 it could not be told.
    """
    if stack is None and bucket is None:
        raise click.UsageError("Where is the history? Give --stack or --bucket, or set SES_HISTORY")
    from ses_history.account.doctor.doctor import diagnosis_of_bucket, diagnosis_of_stack
    from ses_history.account.doctor.links import State
    from ses_history.cli.render.doctor import lines, told

    with Display() as display:
        if stack is not None:
            diagnosis = diagnosis_of_stack(stack, identities, sets, display)
        else:
            profile, name, _ = bucket_named(bucket or "")
            diagnosis = diagnosis_of_bucket(name, profile, identities, sets, display)
    if as_json:
        print_json(told(diagnosis))
    else:
        print_lines(lines(diagnosis), paged=False)
    codes = {State.FINE: ExitCode.FOUND, State.BROKEN: ExitCode.BROKEN}
    click.get_current_context().exit(codes.get(diagnosis.state, ExitCode.COULD_NOT_TELL))
