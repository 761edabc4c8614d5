"""The plugin, started and asked as the engine does, beside the same components in a Python program."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.output import Unknown
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.provider.server import ComponentInitError
from pulumi.resource import DependencyResource
from pulumi.runtime.proto import alias_pb2
from pulumi.runtime.rpc import UNKNOWN
from ses_sending_history import (
    EventPublisher,
    EventPublisherArgs,
    SendingHistory,
    SendingHistoryArgs,
    validation,
)
from ses_sending_history import plugin as served_plugin
from ses_sending_history.plugin import PACKAGE

from docs.generate.schema import SCHEMA, changes, schema
from tests import plugin
from tests.components.test_packages import VERSION
from tests.components.test_sending_history import BOUNDARY, EVERY_ARGUMENT, KEY
from tests.components.test_validation import BAD, refused
from tests.plugin import STACK_URN, Plugin, RefusedError, output
from tests.recording import ACCOUNT_ID, Recording, record

COMPONENTS: dict[str, Any] = {"SendingHistory": SendingHistory, "EventPublisher": EventPublisher}
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:mail"
STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT_ID}:deliverystream/history"
PUBLISHER = {"configuration_set": "alerts", "delivery_stream_arn": STREAM}
OTHER = "urn:pulumi:test::test::aws:sns/topic:Topic::other"
"""The URN of a resource of the program, whose Output is an argument."""


@pytest.fixture(scope="module")
def served() -> Iterator[Plugin]:
    with plugin.running() as running:
        yield running


def camel_case(args: Mapping[str, Any]) -> dict[str, Any]:
    return {validation.camel_case(name): value for name, value in args.items()}


def asked(recording: Recording) -> dict[str, Any]:
    """All that was asked of the engine, in no order."""
    assert recording.resources
    return {
        "resources": {resource.urn: comparable(asdict(resource)) for resource in recording.resources},
        "component outputs": {
            urn: comparable(outputs) for urn, outputs in recording.component_outputs.items() if urn != STACK_URN
        },
        "providers of invokes": Counter(recording.invoke_providers),
    }


def comparable(value: Any) -> Any:
    """The value with one unknown like the other, which they are not to Python."""
    match value:
        case dict():
            return {name: comparable(each) for name, each in value.items()}
        case list():
            return [comparable(each) for each in value]
    return UNKNOWN if isinstance(value, Unknown) else value


def of_python(component: str, name: str, args: Any, **options: Any) -> Recording:
    return record(lambda: COMPONENTS[component](name, args()), **options)


def test_the_schema_is_the_one_in_the_repository(served: Plugin) -> None:
    assert json.loads(served.schema()) == json.loads(SCHEMA.read_text())
    assert schema() == SCHEMA.read_text()


def test_the_version_is_that_of_the_package(served: Plugin) -> None:
    assert served.version() == VERSION
    assert json.loads(served.schema())["version"] == VERSION


def test_both_components_are_served_with_every_argument(served: Plugin) -> None:
    resources = json.loads(served.schema())["resources"]

    assert {name: set(declared["inputProperties"]) for name, declared in resources.items()} == {
        "ses-sending-history:index:SendingHistory": set(camel_case(SendingHistoryArgs.__annotations__)),
        "ses-sending-history:index:EventPublisher": set(camel_case(EventPublisherArgs.__annotations__)),
    }


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("inputProperties bucket", None, ["breaking: SendingHistory's argument bucket is gone"]),
        ("properties bucketArn", None, ["breaking: SendingHistory's output bucketArn is gone"]),
        ("inputProperties region", {"type": "string"}, ["SendingHistory's argument region is new"]),
        (
            "requiredInputs",
            ["bucket"],
            ["breaking: SendingHistory's argument bucket was string and is required string"],
        ),
        (
            "inputProperties tags additionalProperties",
            {"type": "number"},
            ["breaking: SendingHistory's argument tags was map of string and is map of number"],
        ),
        (
            "inputProperties identities plain",
            None,
            ["breaking: SendingHistory's argument identities was plain plain string[] and is plain string[]"],
        ),
        ("inputProperties bucket description", "Another.", []),
    ],
)
def test_a_change_of_the_schema_is_said_and_whether_it_breaks_programs(place: str, value: Any, said: list[str]) -> None:
    old, new = json.loads(SCHEMA.read_text()), json.loads(SCHEMA.read_text())
    changed = new["resources"][f"{PACKAGE}:index:SendingHistory"]
    *path, last = place.split()
    for key in path:
        changed = changed[key]
    changed[last] = value
    if value is None:
        del changed[last]

    assert changes(old, new) == said


def test_what_becomes_optional_breaks_nothing() -> None:
    old, new = json.loads(SCHEMA.read_text()), json.loads(SCHEMA.read_text())
    new["resources"][f"{PACKAGE}:index:EventPublisher"]["requiredInputs"].remove("deliveryStreamArn")

    assert changes(old, new) == ["EventPublisher's argument deliveryStreamArn is optional now"]
    assert changes(new, old) == [
        "breaking: EventPublisher's argument deliveryStreamArn was string and is required string"
    ]


@dataclass(frozen=True)
class Form:
    """A way in which a program gives the value of an argument."""

    sent: Callable[[Any], Any]
    """How it arrives over gRPC."""

    of_python: Callable[[Any], Any]
    """The same in Python."""

    preview: bool = False


def _known(value: Any, *, known: bool = True, secret: bool = False) -> pulumi.Output[Any]:
    """An Output of the other resource."""

    def future(result: Any) -> Any:
        done = asyncio.get_event_loop().create_future()
        done.set_result(result)
        return done

    return pulumi.Output({DependencyResource(OTHER)}, future(value), future(known), future(secret))


FORMS = {
    "a plain value": Form(lambda value: value, lambda value: value),
    "an Output": Form(lambda value: output(value, of=OTHER), _known),
    "a secret": Form(lambda value: output(value, secret=True, of=OTHER), lambda value: _known(value, secret=True)),
    "a plain value in a preview": Form(lambda value: value, lambda value: value, preview=True),
    "an Output in a preview": Form(lambda value: output(value, of=OTHER), _known, preview=True),
    "a secret in a preview": Form(
        lambda value: output(value, secret=True, of=OTHER), lambda value: _known(value, secret=True), preview=True
    ),
    "an unknown in a preview": Form(
        lambda _: output(UNKNOWN, of=OTHER), lambda _: _known(None, known=False), preview=True
    ),
}

INPUTS: dict[str, list[tuple[str, Any, dict[str, Any]]]] = {
    "SendingHistory": [
        ("bucket", "existing", {}),
        ("kms_key_arn", KEY, {}),
        ("access_log_bucket", "logs-of-example", {}),
        ("alarm_topic_arns", [TOPIC], {"alarms": True}),
        ("tracking_domain", "click.example.com", {}),
        ("permissions_boundary_arn", BOUNDARY, {}),
        ("athena_results_bucket", "results-of-example", {}),
        ("tags", {"team": "mail"}, {}),
    ],
    "EventPublisher": [
        ("configuration_set", "news", PUBLISHER),
        ("delivery_stream_arn", STREAM.replace("history", "other"), PUBLISHER),
        ("tracking_domain", "click.example.com", PUBLISHER),
        ("permissions_boundary_arn", BOUNDARY, PUBLISHER),
        ("tags", {"team": "mail"}, PUBLISHER),
    ],
}
"""Each argument that may be an Output, a value of it, and the other arguments it needs."""


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_argument_that_may_be_an_output_is_tried(component: str) -> None:
    declared = Analyzer(PACKAGE).analyze_component(COMPONENTS[component])

    may_be = {declared.inputs_mapping[key] for key, given in declared.inputs.items() if not given.plain}
    assert may_be == {argument for argument, _, _ in INPUTS[component]}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize(
    ("component", "argument", "value", "others"),
    [(component, *case) for component, cases in INPUTS.items() for case in cases],
)
def test_an_argument_is_the_same_in_every_language(  # noqa: PLR0917  what pytest gives it
    served: Plugin, component: str, argument: str, value: Any, others: dict[str, Any], form: Form
) -> None:
    sent = served.construct(component, "mail", camel_case({**others, argument: form.sent(value)}), preview=form.preview)

    here = of_python(component, "mail", lambda: {**others, argument: form.of_python(value)}, preview=form.preview)
    assert asked(sent) == asked(here)


@pytest.mark.parametrize(
    ("argument", "sent", "of_python"),
    [
        ("tags", {"team": output("mail", of=OTHER)}, lambda: {"team": _known("mail")}),
        ("tags", {"team": output(UNKNOWN, of=OTHER)}, lambda: {"team": _known(None, known=False)}),
        ("alarm_topic_arns", [output(TOPIC, of=OTHER)], lambda: [_known(TOPIC)]),
        ("alarm_topic_arns", [output(UNKNOWN, of=OTHER)], lambda: [_known(None, known=False)]),
    ],
)
def test_an_output_inside_an_argument_is_the_same_in_every_language(
    served: Plugin, argument: str, sent: Any, of_python: Callable[[], Any]
) -> None:
    constructed = served.construct("SendingHistory", "mail", camel_case({"alarms": True, argument: sent}), preview=True)

    def program() -> None:
        args: Any = {"alarms": True, argument: of_python()}
        SendingHistory("mail", args)

    assert asked(constructed) == asked(record(program, preview=True))


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("component", "args"),
    [("SendingHistory", {}), ("SendingHistory", EVERY_ARGUMENT), ("EventPublisher", PUBLISHER)],
    ids=["none", "every", "publisher"],
)
def test_a_component_is_the_same_in_every_language(
    served: Plugin, component: str, args: dict[str, Any], *, preview: bool
) -> None:
    sent = served.construct(component, "mail", camel_case(args), preview=preview)

    assert asked(sent) == asked(of_python(component, "mail", lambda: args, preview=preview))


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_declared_output_is_returned(served: Plugin, component: str) -> None:
    sent = served.construct(component, "mail", camel_case(PUBLISHER if component == "EventPublisher" else {}))

    (registered,) = [outputs for urn, outputs in sent.component_outputs.items() if urn.endswith(f":{component}::mail")]
    assert sent.exports == camel_case(registered)
    declared = json.loads(served.schema())["resources"][f"{PACKAGE}:index:{component}"]["properties"]
    assert sent.exports.keys() == declared.keys()
    assert None not in sent.exports.values()


def test_the_options_of_a_component_reach_its_resources_as_in_python(served: Plugin) -> None:
    def program() -> None:
        SendingHistory(
            "mail",
            {},
            pulumi.ResourceOptions(
                provider=aws.Provider("tokyo", region="ap-northeast-1"),
                protect=True,
                retain_on_delete=True,
                depends_on=[DependencyResource(OTHER)],
                aliases=[pulumi.Alias(name="post")],
            ),
        )

    here = record(program)
    provider = here.resources.pop(0)
    assert provider.type == "pulumi:providers:aws"

    sent = served.construct(
        "SendingHistory",
        "mail",
        {},
        providers={"aws": f"{provider.urn}::tokyo-id"},
        protect=True,
        retainOnDelete=True,
        dependencies=[OTHER],
        aliases=[alias_pb2.Alias(spec=alias_pb2.Alias.Spec(name="post"))],
    )

    assert asked(sent) == asked(here)
    assert {resource.provider for resource in sent.resources if resource.type.startswith("aws:")} == {
        f"{provider.urn}::tokyo-id"
    }


def refusal(served: Plugin, component: str, name: str, inputs: Mapping[str, Any], **options: Any) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        served.construct(component, name, inputs, **options)
    assert refused.value.recording.resources == []
    assert refused.value.message == f"{component} {name!r} has invalid arguments:"
    return refused.value


@pytest.mark.parametrize("args", [args for args, message in BAD if "an Output" not in message])
def test_bad_arguments_are_the_same_problems_as_in_python(served: Plugin, args: dict[str, Any]) -> None:
    expected = refused(SendingHistory, "mail", args).errors

    problems = refusal(served, "SendingHistory", "mail", camel_case(args)).problems
    assert [{"property_path": path, "reason": reason} for path, reason in problems] == expected


def test_all_problems_are_told_at_once_in_camel_case(served: Plugin) -> None:
    bad = {
        "configurationSets": ["a b"],
        "retentionDays": -1,
        "retentionDay": 30,
        "bucket": "existing",
        "protect": True,
        "forceDestroy": output(value=True, of=OTHER),
    }

    assert refusal(served, "SendingHistory", "Mail", bad).problems == [
        ("name", "must be 1 to 40 of a-z 0-9 -, not - first: the bucket and the stream are named after it"),
        ("configurationSets[0]", "must be 1 to 64 of A-Z a-z 0-9 _ -"),
        ("retentionDays", "must be a whole number of days; 0 keeps the history forever"),
        ("forceDestroy", "must be a plain value, not an Output"),
        ("retentionDay", "is no argument: did you mean retentionDays?"),
        ("protect", "cannot be combined with bucket: an existing bucket is not reconfigured"),
    ]


def test_missing_arguments_are_told_with_the_others(served: Plugin) -> None:
    assert refusal(served, "EventPublisher", "alerts", {"forceDestroy": "yes"}).problems == [
        ("configurationSet", "is required"),
        ("deliveryStreamArn", "is required"),
        ("forceDestroy", "must be true or false"),
    ]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("component", "argument"),
    [
        (name, key)
        for name, component in COMPONENTS.items()
        for key, given in Analyzer(PACKAGE).analyze_component(component).inputs.items()
        if given.plain
    ],
)
def test_an_output_for_a_plain_argument_is_one_clear_error(
    served: Plugin, component: str, argument: str, *, preview: bool
) -> None:
    others = camel_case(PUBLISHER) if component == "EventPublisher" else {}
    sent = {**others, argument: output(UNKNOWN if preview else "news", of=OTHER)}

    ((path, reason),) = refusal(served, component, "mail", sent, preview=preview).problems
    assert path == argument
    assert reason.startswith("must be a plain value, not an Output")


@pytest.mark.parametrize(
    ("argument", "sent", "of_python"),
    [
        ("kms_key_arn", UNKNOWN, lambda: _known(None, known=False)),
        ("tags", {"team": UNKNOWN}, lambda: {"team": _known(None, known=False)}),
        ("alarm_topic_arns", [UNKNOWN], lambda: [_known(None, known=False)]),
    ],
)
def test_an_unknown_that_depends_on_nothing_is_not_taken_for_a_value(
    served: Plugin, argument: str, sent: Any, of_python: Callable[[], Any]
) -> None:
    constructed = served.construct("SendingHistory", "mail", camel_case({"alarms": True, argument: sent}), preview=True)

    def program() -> None:
        args: Any = {"alarms": True, argument: of_python()}
        SendingHistory("mail", args)

    assert comparable(constructed.inputs()) == comparable(record(program, preview=True).inputs())


def test_an_unknown_in_a_plain_list_is_told_to_be_no_plain_value(served: Plugin) -> None:
    ((path, reason),) = refusal(
        served, "SendingHistory", "mail", {"configurationSets": ["news", UNKNOWN]}, preview=True
    ).problems
    assert path == "configurationSets[1]"
    assert reason.startswith("must be a plain value, not an Output")


def test_what_fails_otherwise_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise RuntimeError("no such thing")

    provider = served_plugin.Plugin(VERSION)
    monkeypatch.setitem(provider._components, "SendingHistory", failing)  # noqa: SLF001  in place of a fault of ours

    with pytest.raises(ComponentInitError, match="no such thing"):
        provider.construct("mail", f"{PACKAGE}:index:SendingHistory", {})
