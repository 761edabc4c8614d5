"""The fixtures of the tests on a real Trino: one server, as a user who may query, and histories."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from localaws.aws import LocalAws
from localaws.deploy import Stack
from localaws.emulator import running as running_aws
from tests.localaws.support import history_of as deployed
from tests.trino import server, toolchain

FIRST_DAY = date(2026, 1, 1)
"""Of the objects of the tests."""

Ask = Callable[[str], server.Answer]
"""Asks a history a question in SQL."""

HistoryOf = Callable[[Path], Ask]
"""Deploys the component, and puts the objects of a folder into its bucket."""


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    """An AWS on this machine for all of these tests."""
    with running_aws() as aws:
        yield aws


@pytest.fixture(scope="session")
def access_key(aws: LocalAws) -> dict[str, str]:
    """Of a user who may do nothing yet."""
    iam = aws.client("iam")
    iam.create_user(UserName="reader")
    return iam.create_access_key(UserName="reader")["AccessKey"]


@pytest.fixture(scope="session")
def trino(
    aws: LocalAws, access_key: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[server.Trino]:
    """A Trino that calls S3 and Glue as this user, as Athena does as its caller."""
    tools = toolchain.find()
    if isinstance(tools, str):
        pytest.fail(tools)
    tools.fetch()
    with server.running(tools, aws, access_key, tmp_path_factory.mktemp("trino")) as trino:
        yield trino


@pytest.fixture(scope="session")
def queried(aws: LocalAws, trino: server.Trino) -> Callable[[Stack], Ask]:
    """What lets the user query a deployed history as well, by the policy among its outputs."""

    def queried(stack: Stack) -> Ask:
        name = stack.outputs["database_name"]
        policy = stack.outputs["athena_reader_policy_json"]
        aws.client("iam").put_user_policy(UserName="reader", PolicyName=name, PolicyDocument=policy)
        return partial(trino.query, database=name)

    return queried


@pytest.fixture(scope="session")
def stack_of(aws: LocalAws) -> Callable[[Path], Stack]:
    """What deploys the component, and puts the objects of a folder into its bucket."""
    numbers = count(1)

    def stack_of(folder: Path) -> Stack:
        keys = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
        days = [date.fromisoformat(key.split("day=")[1][:10]) for key in keys]
        kept = datetime.now(UTC).date() - min(days, default=FIRST_DAY)
        stack = deployed(aws, {"retention_days": kept.days + 1}, f"history{next(numbers)}")
        for key, path in keys.items():
            aws.client("s3").put_object(Bucket=stack.outputs["bucket_name"], Key=key, Body=path.read_bytes())
        return stack

    return stack_of


@pytest.fixture(scope="session")
def history_of(stack_of: Callable[[Path], Stack], queried: Callable[[Stack], Ask]) -> HistoryOf:
    """What makes a history in AWS that the user may query."""
    return lambda folder: queried(stack_of(folder))
