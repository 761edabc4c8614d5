"""The fixtures of the tests on the real engine."""

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localaws.aws import LocalAws
from tests.engine.provider import Provider, serving
from tests.engine.stack import PROGRAM, Stack, config_of, environment, project_of

FOLDER = Path(__file__).parent

NewStack = Callable[..., Stack]


@pytest.fixture
def provider(aws: LocalAws, tmp_path: Path) -> Iterator[Provider]:
    """The AWS provider of an engine of its own."""
    with serving(aws) as provider, environment(provider, tmp_path / "engine"):
        yield provider


@pytest.fixture
def program(provider: Provider, tmp_path: Path) -> Callable[[str], Stack]:  # noqa: ARG001  its engine must run
    """Makes the stack of this name of the unmodified program, with its own config, not yet up."""

    def new(name: str) -> Stack:
        stack = Stack(
            tmp_path / "project",
            project=project_of(PROGRAM),
            name=name,
            program=lambda: runpy.run_path(str(PROGRAM / "__main__.py")),
        )
        stack.configure(config_of(PROGRAM, name))
        return stack

    return new


@pytest.fixture
def stack_of(provider: Provider, tmp_path: Path) -> NewStack:  # noqa: ARG001  its engine must run
    """Makes a stack of any function as its program."""

    def new(run: Callable[[], object], *, project: str = "test", name: str = "test") -> Stack:
        described = {"name": project, "runtime": "python"}
        return Stack(tmp_path / project, project=described, name=name, program=run)

    return new


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the engine's tests pass over the event loops that Pulumi's Automation API leaves open after a failed up."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
