"""What stacks were deployed with keeps its names: a resource that is renamed or moved without an alias is replaced."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from ses_sending_history import EventPublisher, SendingHistory

from tests.components.test_event_publisher import ARGS
from tests.components.test_sending_history import EVERY_ARGUMENT
from tests.program.test_program import run
from tests.recording import Recording, Registered, record

DEPLOYED: dict[str, list[list[str]]] = json.loads((Path(__file__).parent / "deployed_stacks.json").read_text())
"""The type, name and parent of every resource of each of these, as of commit efc9f40."""

STACKS: dict[str, Callable[[], Recording]] = {
    "a history without arguments": lambda: record(lambda: SendingHistory("mail")),
    "a history with every argument": lambda: record(lambda: SendingHistory("mail", EVERY_ARGUMENT)),
    "a publisher": lambda: record(lambda: EventPublisher("alerts", ARGS)),
    "the dev stack": lambda: run("dev"),
    "the prod stack": lambda: run("prod"),
}


def graph(recorded: Recording) -> set[tuple[str, str, str]]:
    """The type, name and parent of every resource, under each name that the engine knows it by."""
    by_urn = {resource.urn: resource for resource in recorded.resources}

    def known_as(urn: str) -> Iterator[tuple[str, str]]:
        kind, name = _type_and_name(urn)
        yield kind, name
        for alias in by_urn[urn].aliases if urn in by_urn else []:
            yield _type_and_name(alias.urn) if alias.urn else (alias.spec.type or kind, alias.spec.name or name)

    def parents(resource: Registered) -> Iterator[str]:
        urns = [resource.parent, *(alias.spec.parentUrn for alias in resource.aliases if alias.spec.parentUrn)]
        return (f"{kind} {name}" for urn in urns for kind, name in known_as(urn))

    return {
        (kind, name, parent)
        for resource in recorded.resources
        for kind, name in known_as(resource.urn)
        for parent in parents(resource)
    }


def _type_and_name(urn: str) -> tuple[str, str]:
    _, _, kind, name = urn.split("::", 3)
    return kind.rpartition("$")[2], name


def missing(deployed: list[Any], recorded: Recording) -> set[tuple[str, ...]]:
    """The resources that an update would delete."""
    return {tuple(resource) for resource in deployed} - graph(recorded)


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_that_is_deployed_is_renamed_or_moved_without_an_alias(stack: str) -> None:
    assert len(DEPLOYED[stack]) >= 5
    assert missing(DEPLOYED[stack], STACKS[stack]()) == set()


def test_there_is_a_record_of_each_stack() -> None:
    assert DEPLOYED.keys() == STACKS.keys()


DEPLOYED_TOPIC = [["aws:sns/topic:Topic", "topic", "my:index:Part part"]]


@pytest.mark.parametrize(
    ("name", "part", "options", "kept"),
    [
        ("topic", "part", {}, True),
        ("renamed", "part", {}, False),
        ("renamed", "part", {"aliases": [pulumi.Alias(name="topic")]}, True),
        ("topic", "renamed", {}, False),
        ("topic", None, {}, False),
        ("topic", None, {"aliases": [pulumi.Alias(parent="urn:pulumi:test::test::my:index:Part::part")]}, True),
    ],
)
def test_a_resource_that_moves_is_missed_unless_an_alias_says_where_it_was(
    name: str, part: str | None, options: dict[str, Any], *, kept: bool
) -> None:
    def program() -> None:
        parent = None if part is None else pulumi.ComponentResource("my:index:Part", part)
        aws.sns.Topic(name, opts=pulumi.ResourceOptions(parent=parent, **options))

    assert (missing(DEPLOYED_TOPIC, record(program)) == set()) is kept
