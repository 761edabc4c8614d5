"""Checks of a component's arguments: every problem is found before anything is registered."""

import difflib
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import pulumi
from pulumi.output import Unknown

from ses_sending_history.args import DEFAULTS
from ses_sending_history.event_types import EVENT_TYPES

SES_NAME_LENGTH: Final = 64
"""The longest name of a configuration set or an event destination."""

_COMPONENT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PUBLISHER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,119}")
_CONFIGURATION_SET = re.compile(rf"[A-Za-z0-9_-]{{1,{SES_NAME_LENGTH}}}")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})")
_IDENTITY = re.compile(rf"(?:[^@\s]+@)?{_DOMAIN.pattern}")
_BUCKET = re.compile(
    r"(?!xn--|sthree-|amzn-s3-demo-|\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    r"(?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)"
)
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
_STREAM_ARN = re.compile(r"arn:aws[a-z-]*:firehose:[a-z0-9-]+:\d{12}:deliverystream/[A-Za-z0-9_.-]{1,64}")

_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}")

_OF_A_CREATED_BUCKET: Final = ("retention_days", "archive_after_days", "access_log_bucket", "protect")
"""What is set only on a bucket the component creates."""

_OF_QUERIES: Final = ("athena_results_bucket", "query_scan_limit_gb")
"""What is set only where there are queries."""

_OF_A_CREATED_SET: Final = ("tls_required", "tracking_domain", "suppressed_reasons", "reputation_metrics")
"""What is set only on a configuration set the component creates."""

_NOT_KNOWN_YET = (pulumi.Output, Awaitable, Unknown)
"""An Unknown is what the engine sends a plugin in a preview for what is not known and depends on nothing."""

_BOUNDARY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy/[\w+=,.@/-]+")

_REASONS = ("BOUNCE", "COMPLAINT")

_LEAST_SCAN_LIMIT_GB = 0.0105
"""Athena takes 10 MB, and the provider nothing below 10 MiB.

Sources: https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
https://www.pulumi.com/registry/packages/aws/api-docs/athena/workgroup/
"""

_TAGS = 50
_TAG_NAME_LENGTH = 128
_TAG_VALUE_LENGTH = 256


@dataclass(frozen=True)
class Problem:
    """An argument, the value it was given, and what it must be instead: as text, in the spelling of Python."""

    argument: str
    value: Any
    must: str

    def __str__(self) -> str:
        return f"{self.argument} = {self.shown}: {self.must}"

    @property
    def property_path(self) -> str:
        """The argument as config and other languages spell it."""
        name, bracket, rest = self.argument.partition("[")
        return camel_case(name) + bracket + rest

    @property
    def reason(self) -> str:
        """What it must be, for a reader of the property path."""
        return _ARGUMENTS.sub(lambda argument: camel_case(argument[0]), self.must)

    @property
    def shown(self) -> str:
        """The value, for an error."""
        if isinstance(self.value, pulumi.Resource):
            return f"a {type(self.value).__name__}"
        return "an Output" if isinstance(self.value, _NOT_KNOWN_YET) else repr(self.value)


Args = TypeVar("Args", bound=Mapping[str, Any])

Check = Callable[[str, Any], Iterator[Problem]]
"""Yields what is wrong with the value of the argument so named."""


def check_sending_history(name: str, args: Args) -> Args:
    """The arguments of a SendingHistory, with the default of each that is left out or None.

    Raises pulumi.InputPropertiesError with all that is wrong with them.
    """
    given = _given("SendingHistory", name, args)
    _raise("SendingHistory", name, problems_of_sending_history(name, given))
    return cast("Args", _complete_history(name, given))


def problems_of_sending_history(name: str, args: Mapping[str, Any]) -> list[Problem]:
    """All that is wrong with the name and the arguments of a SendingHistory."""
    problems = [
        *_text(
            _COMPONENT_NAME, "must be 1 to 40 of a-z 0-9 -, not - first: the bucket and the stream are named after it"
        )("name", name),
        *_check_each(args, _SENDING_HISTORY),
    ]
    invalid = {problem.argument.partition("[")[0] for problem in problems}
    return [*problems, *_check_together(_complete_history(name, args), invalid)]


def check_event_publisher(name: str, args: Args) -> Args:
    """The arguments of an EventPublisher, with the default of each that is left out or None.

    Raises pulumi.InputPropertiesError with all that is wrong with them.
    """
    given = _given("EventPublisher", name, args)
    problems = [
        *_text(_PUBLISHER_NAME, "must be 1 to 120 of A-Z a-z 0-9 _ -, the first a letter or digit")("name", name),
        *(
            Problem(required, None, "is required")
            for required in ("configuration_set", "delivery_stream_arn")
            if required not in given
        ),
        *_check_each(given, _EVENT_PUBLISHER),
    ]
    complete = {argument: DEFAULTS[argument] for argument in _EVENT_PUBLISHER if argument in DEFAULTS} | given
    if complete["create_configuration_set"] is False:
        invalid = {problem.argument.partition("[")[0] for problem in problems}
        options = [option for option in (*_OF_A_CREATED_SET, "force_destroy") if option not in invalid]
        must = "cannot be used without create_configuration_set: an existing set is neither reconfigured nor deleted"
        problems += _unused(complete, options, must)
    _raise("EventPublisher", name, problems)
    return cast("Args", complete)


def _complete_history(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"configuration_sets": [name], **DEFAULTS, **given}


def _given(component: str, name: str, args: object) -> dict[str, Any]:
    if not isinstance(args, Mapping):
        raise pulumi.InputPropertiesError(f"{component} {name!r}: its arguments must be a mapping, not {args!r}")
    return {argument: value for argument, value in args.items() if value is not None}


def _check_each(args: Mapping[str, Any], checks: Mapping[str, Check]) -> Iterator[Problem]:
    for argument, value in args.items():
        if argument in checks:
            yield from checks[argument](argument, value)
        else:
            close = difflib.get_close_matches(argument, checks, n=1)
            hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(checks)}"
            yield Problem(argument, value, f"is no argument: {hint}")


def _check_together(args: Mapping[str, Any], invalid: set[str]) -> Iterator[Problem]:
    """Check how arguments, defaults among them, go together, as far as none of them is `invalid` by itself."""
    if invalid.isdisjoint({"configuration_sets", "existing_configuration_sets"}):
        created, existing = args["configuration_sets"], args["existing_configuration_sets"]
        if args["identities"] and not created and not existing:
            yield Problem(
                "identities",
                args["identities"],
                "need a default set: name one in configuration_sets or existing_configuration_sets",
            )
        if not created:
            options = [option for option in _OF_A_CREATED_SET if option not in invalid]
            must = "cannot be used with no configuration_sets to create: an existing set is not reconfigured"
            yield from _unused(args, options, must)
        for i, name in enumerate(existing):
            if name in created:
                yield Problem(
                    f"existing_configuration_sets[{i}]", name, "is also in configuration_sets: list it in one of them"
                )

    if invalid.isdisjoint({"retention_days", "archive_after_days"}):
        retention_days = args["retention_days"]
        if retention_days and args["archive_after_days"] >= retention_days:
            yield Problem(
                "archive_after_days",
                args["archive_after_days"],
                f"must be fewer days than retention_days, which is {int(retention_days)}",
            )

    if args["alarm_topic_arns"] and not args["alarms"] and "alarms" not in invalid:
        yield Problem("alarm_topic_arns", args["alarm_topic_arns"], "cannot be used without alarms: set alarms too")

    if "bucket" in args:
        settings = [setting for setting in _OF_A_CREATED_BUCKET if setting not in invalid]
        yield from _unused(args, settings, "cannot be combined with bucket: an existing bucket is not reconfigured")

    yield from _check_queries(args, invalid)


def _check_queries(args: Mapping[str, Any], invalid: set[str]) -> Iterator[Problem]:
    """Check that what is said of queries has an effect."""
    options = [option for option in _OF_QUERIES if option not in invalid]
    if args["query"] is False:
        yield from _unused(args, options, "cannot be used without query: leave query out, or make it true")
    elif not has_query(args):
        yield from _unused(
            args, options, "cannot be used yet: queries of an existing bucket need athena_results_bucket"
        )


def has_query(args: Mapping[str, Any]) -> bool:
    """Whether complete arguments ask for the query resources: an existing bucket needs another one for the results."""
    return args["query"] and ("bucket" not in args or "athena_results_bucket" in args)


def _unused(args: Mapping[str, Any], arguments: Sequence[str], must: str) -> Iterator[Problem]:
    """Problems with those of the arguments that are given, though they would have no effect."""
    for argument in arguments:
        if args.get(argument) != DEFAULTS.get(argument):
            yield Problem(argument, args[argument], must)


def _raise(component: str, name: str, problems: Sequence[Problem]) -> None:
    if not problems:
        return
    lines = [f"{component} {name!r} has invalid arguments:", *(f"  {p}" for p in problems)]
    raise pulumi.InputPropertiesError(
        "\n".join(lines),
        [{"property_path": p.property_path, "reason": p.reason} for p in problems],
    )


def camel_case(argument: str) -> str:
    """The name of an argument, as config and other languages spell it."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), argument)


def _text(pattern: re.Pattern[str], must: str) -> Check:
    def check(argument: str, value: Any) -> Iterator[Problem]:
        if isinstance(value, pulumi.Resource):
            yield Problem(argument, value, "must be text, not a resource: pass its name or ARN, as this argument says")
        elif not (isinstance(value, str) and pattern.fullmatch(value)):
            yield Problem(argument, value, must)

    return check


def _plain(check: Check, hint: str = "") -> Check:
    """Check what decides which resources there are, and so cannot be an Output."""

    def check_plain(argument: str, value: Any) -> Iterator[Problem]:
        if isinstance(value, _NOT_KNOWN_YET):
            yield Problem(argument, value, f"must be a plain value, not an Output{hint}")
        else:
            yield from check(argument, value)

    return check_plain


def _plain_list(item: Check, hint: str = "") -> Check:
    return _plain(_list_of(_plain(item, hint)), hint)


def _input(check: Check) -> Check:
    """Check what is known: what is an Output still is left to AWS to refuse."""

    def check_known(argument: str, value: Any) -> Iterator[Problem]:
        if not isinstance(value, _NOT_KNOWN_YET):
            yield from check(argument, value)

    return check_known


def _list_of(item: Check) -> Check:
    def check(argument: str, value: Any) -> Iterator[Problem]:
        if not isinstance(value, (list, tuple)):
            yield Problem(argument, value, "must be a list")
            return
        problems = [problem for i, each in enumerate(value) for problem in item(f"{argument}[{i}]", each)]
        yield from problems
        if not problems:
            for i, each in enumerate(value):
                if each in value[:i]:
                    yield Problem(f"{argument}[{i}]", each, "must be listed once")

    return check


def _number(low: float, high: float, must: str, *, whole: bool = False) -> Check:
    def check(argument: str, value: Any) -> Iterator[Problem]:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        # Other languages hand every number over as a float: 30.0 is as whole as 30.
        if not (number and low <= value <= high and (not whole or value == int(value))):
            yield Problem(argument, value, must)

    return _plain(check)


def _whole_number(low: int, high: int, must: str) -> Check:
    return _number(low, high, must, whole=True)


def _boolean(argument: str, value: Any) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(argument, value, "must be true or false")


def _event_type(argument: str, value: Any) -> Iterator[Problem]:
    if value not in EVENT_TYPES:
        close = difflib.get_close_matches(str(value).upper().replace(" ", "_"), EVENT_TYPES, n=1)
        yield Problem(
            argument,
            value,
            f"must be one of {' '.join(EVENT_TYPES)}" + (f"; did you mean {close[0]}?" if close else ""),
        )


def _suppressed_reason(argument: str, value: Any) -> Iterator[Problem]:
    if value not in _REASONS:
        yield Problem(argument, value, f"must be {' or '.join(_REASONS)}")


def _event_types(argument: str, value: Any) -> Iterator[Problem]:
    yield from _list_of(_plain(_event_type))(argument, value)
    if value in ([], ()):
        yield Problem(argument, value, "must name an event type: leave it out for all ten")


def _tags(argument: str, value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(argument, value, "must be a mapping of names to values")
        return
    if len(value) > _TAGS:
        yield Problem(argument, f"{len(value)} tags", f"must be {_TAGS} tags at most, not {len(value)}")
    for name, text in value.items():
        tag = f"{argument}[{json.dumps(name)}]"
        if not (isinstance(name, str) and 1 <= len(name) <= _TAG_NAME_LENGTH and not name.lower().startswith("aws:")):
            yield Problem(tag, text, f"must have a name of 1 to {_TAG_NAME_LENGTH} characters, not aws: first")
        if isinstance(text, str) and len(text) > _TAG_VALUE_LENGTH:
            # A value may be secret in a stack's config, and part of one is not masked.
            yield Problem(tag, f"{len(text)} characters", f"must be a string of {_TAG_VALUE_LENGTH} characters at most")
        elif not isinstance(text, (str, *_NOT_KNOWN_YET)):
            yield Problem(tag, text, f"must be a string of {_TAG_VALUE_LENGTH} characters at most")


def _topic_arns(argument: str, value: Any) -> Iterator[Problem]:
    yield from _list_of(_input(_text(_TOPIC_ARN, "must be the ARN of an SNS topic: arn:aws:sns:REGION:ACCOUNT:NAME")))(
        argument, value
    )


_true_or_false = _plain(_boolean)
_set_name = _text(_CONFIGURATION_SET, f"must be 1 to {SES_NAME_LENGTH} of A-Z a-z 0-9 _ -")
_set_names = _plain_list(_set_name, hint="; for a set created in the same program use EventPublisher")
_bucket_name = _input(_text(_BUCKET, "must be the name of an S3 bucket: 3 to 63 of a-z 0-9 . - (no ARN, no address)"))

_KEY_ARN_FORM = "must be the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID"

_SET_OPTIONS: Final[Mapping[str, Check]] = {
    "tls_required": _true_or_false,
    "tracking_domain": _input(_text(_DOMAIN, "must be a domain, like click.example.com")),
    "suppressed_reasons": _plain_list(_suppressed_reason),
    "reputation_metrics": _true_or_false,
    "permissions_boundary_arn": _input(
        _text(_BOUNDARY_ARN, "must be the ARN of an IAM policy: arn:aws:iam::ACCOUNT:policy/NAME")
    ),
}

_SENDING_HISTORY: Final[Mapping[str, Check]] = {
    "configuration_sets": _set_names,
    "existing_configuration_sets": _set_names,
    "identities": _plain_list(
        _text(_IDENTITY, "must be a domain, like example.com, or an address, like mail@example.com")
    ),
    "event_types": _plain(_event_types),
    "bucket": _bucket_name,
    "kms_key_arn": _input(_text(_KEY_ARN, _KEY_ARN_FORM)),
    "previous_kms_key_arns": _plain_list(_text(_KEY_ARN, _KEY_ARN_FORM)),
    "retention_days": _whole_number(0, 2**31 - 1, "must be a whole number of days; 0 keeps the history forever"),
    "archive_after_days": _whole_number(0, 2**31 - 1, "must be a whole number of days; 0 never archives"),
    "access_log_bucket": _bucket_name,
    "buffer_seconds": _whole_number(0, 900, "must be a whole number of seconds, 0 to 900"),
    "buffer_megabytes": _whole_number(1, 128, "must be a whole number of megabytes, 1 to 128"),
    "alarms": _true_or_false,
    "alarm_topic_arns": _input(_topic_arns),
    "force_destroy": _true_or_false,
    "protect": _true_or_false,
    **_SET_OPTIONS,
    "query": _true_or_false,
    "athena_results_bucket": _bucket_name,
    "query_scan_limit_gb": _number(
        _LEAST_SCAN_LIMIT_GB, 2**31 - 1, f"must be a number of gigabytes, {_LEAST_SCAN_LIMIT_GB} or more"
    ),
    "tags": _input(_tags),
}

_EVENT_PUBLISHER: Final[Mapping[str, Check]] = {
    "configuration_set": _input(_set_name),
    "delivery_stream_arn": _input(
        _text(_STREAM_ARN, "must be the ARN of a delivery stream: arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME")
    ),
    "create_configuration_set": _true_or_false,
    "event_types": _plain(_event_types),
    "force_destroy": _true_or_false,
    **_SET_OPTIONS,
    "tags": _input(_tags),
}

_ARGUMENTS = re.compile(rf"\b({'|'.join({**_SENDING_HISTORY, **_EVENT_PUBLISHER})})\b")
"""The name of an argument in a sentence."""
