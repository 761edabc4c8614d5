"""The demo: deploys the dev stack to AWS on this machine, sends messages, and looks up their history."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import pulumi
from rich.console import Console

from localaws import history
from localaws.aws import LocalAws
from localaws.deploy import Stack, deploy, destroy
from localaws.emulator import running
from localaws.resources import Resource
from localaws.simulator import Record

_SIMULATOR = [
    f"{name}@simulator.amazonses.com" for name in ("success", "bounce", "complaint", "ooto", "suppressionlist")
]


def main() -> None:
    """Run the demo, and delete everything it created."""
    console = Console(highlight=False, soft_wrap=True)
    started = monotonic()
    with running() as aws:
        _step(console, f"AWS on this machine: ministack {version('ministack')} at {aws.endpoint}")
        stack = Stack()
        try:
            _step(console, "Deploying the dev stack")
            deploy(aws, stack, progress=lambda resource: _print_resource(console, resource))
            bounced = _send(console, aws, stack)
            _show(console, aws, stack)
            _look_up(console, aws, stack, bounced)
        except pulumi.RunError as error:
            raise SystemExit(f"\n{error}") from error
        finally:
            if stack.resources:
                _step(console, f"Destroying the dev stack: {len(stack.resources)} resources")
                destroy(aws, stack)
    _step(console, f"Done in {monotonic() - started:.0f} seconds, nothing left running")


def _step(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def _print_resource(console: Console, resource: Resource) -> None:
    console.print(f"  {resource.type.rpartition(':')[2]:<39} {resource.outputs['id']}")


def _send(console: Console, aws: LocalAws, stack: Stack) -> str:
    """Send two messages to each address of the simulator; return the id of the first that bounces."""
    configuration_set = stack.outputs["configuration_set_names"][0]
    _step(console, f"Sending to the mailbox simulator, naming the configuration set {configuration_set}")
    receipts = {
        address: _send_message(console, aws, address, "Your receipt", ConfigurationSetName=configuration_set)
        for address in _SIMULATOR
    }
    _step(console, "Sending again, by the identity's default configuration set")
    for address in _SIMULATOR:
        _send_message(console, aws, address, "What is new")
    return receipts["bounce@simulator.amazonses.com"]


def _send_message(console: Console, aws: LocalAws, address: str, subject: str, **how: str) -> str:
    sent = aws.client("sesv2").send_email(
        FromEmailAddress="Shop <shop@dev.example.com>",
        Destination={"ToAddresses": [address]},
        Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "Hello!"}}}},
        **how,
    )
    console.print(f"  {address:<39}  {sent['MessageId']}")
    return sent["MessageId"]


def _show(console: Console, aws: LocalAws, stack: Stack) -> None:
    bucket, prefix = stack.outputs["bucket_name"], stack.outputs["events_prefix"]
    objects = sorted(history.events(aws, bucket, prefix), key=lambda item: item[1][0]["mail"]["timestamp"])
    count = sum(len(events) for _, events in objects)
    _step(console, f"Delivered to {bucket}: {count} events in {len(objects)} objects")
    for key, events in objects:
        console.print(f"[dim]{key}[/dim]")
        for event in events:
            console.print("  ".join(["", *_line(event)]))


def _line(event: Record) -> Iterator[str]:
    mail: Any = event["mail"]
    section = event.get(event["eventType"].lower(), {})
    yield section.get("timestamp", mail["timestamp"])
    yield f"{event['eventType']:<9}"
    yield f"{', '.join(mail['destination']):<39}"
    yield f"{mail['commonHeaders']['subject']:<12}"
    yield mail["messageId"]


def _look_up(console: Console, aws: LocalAws, stack: Stack, message_id: str) -> None:
    """Run `ses-history` on the history, as a user would."""
    with TemporaryDirectory() as folder:
        environment = {
            "AWS_DEFAULT_REGION": aws.region,
            "SES_HISTORY": f"s3://{stack.outputs['bucket_name']}/{stack.outputs['events_prefix']}",
            "SES_HISTORY_STORE": str(Path(folder) / "store.duckdb"),
        }
        for arguments in (["find", "simulator"], ["show", message_id], ["stats"]):
            _step(console, f"$ ses-history {' '.join(arguments)}")
            sys.stdout.flush()
            command = [str(Path(sys.executable).with_name("ses-history")), *arguments]
            subprocess.run(command, env=os.environ | environment, check=True)  # noqa: S603
