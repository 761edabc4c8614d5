"""Arguments no component accepts: each refused with one clear error, before anything is registered."""

import re
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from ses_sending_history import EventPublisher, SendingHistory

from tests.recording import ACCOUNT_ID, Recording, record

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:mail"
STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT_ID}:deliverystream/history"


def refused(component: Any, name: Any, args: Any) -> pulumi.InputPropertiesError:
    """The error of a component, after a look that it registered nothing."""
    errors: list[pulumi.InputPropertiesError] = []

    def program() -> None:
        try:
            component(name, args)
        except pulumi.InputPropertiesError as error:
            errors.append(error)

    recorded: Recording = record(program)
    assert recorded.resources == []
    (error,) = errors
    return error


BAD: list[tuple[dict[str, Any], str]] = [
    (
        {"configuration_sets": [], "identities": ["example.com"]},
        "identities = ['example.com']: need a default set: name one in configuration_sets or existing_conf",
    ),
    (
        {"configuration_sets": [], "existing_configuration_sets": ["legacy"], "tls_required": True},
        "tls_required = True: cannot be used with no configuration_sets to create: an existing set is not reconfigured",
    ),
    *(
        (
            {"configuration_sets": [], option: value},
            f"{option} = {value!r}: cannot be used with no configuration_sets to create: an existing set is not",
        )
        for option, value in {
            "tracking_domain": "click.example.com",
            "suppressed_reasons": ["BOUNCE"],
            "reputation_metrics": True,
        }.items()
    ),
    ({"tags": {"team": "s" * 257}}, "tags[\"team\"] = '257 characters': must be a string of 256 characters at most"),
    ({"tracking_domain": "https://example.com"}, "tracking_domain = 'https://example.com': must be a domain, like"),
    ({"suppressed_reasons": ["bounce"]}, "suppressed_reasons[0] = 'bounce': must be BOUNCE or COMPLAINT"),
    ({"suppressed_reasons": "BOUNCE"}, "suppressed_reasons = 'BOUNCE': must be a list"),
    ({"reputation_metrics": 1}, "reputation_metrics = 1: must be true or false"),
    (
        {"permissions_boundary_arn": "boundary"},
        "permissions_boundary_arn = 'boundary': must be the ARN of an IAM policy",
    ),
    ({"previous_kms_key_arns": [STREAM]}, f"previous_kms_key_arns[0] = '{STREAM}': must be the ARN of a KMS key"),
    ({"query": "no"}, "query = 'no': must be true or false"),
    ({"query": pulumi.Output.from_input("on")}, "query = an Output: must be a plain value, not an Output"),
    ({"athena_results_bucket": "s3://results"}, "athena_results_bucket = 's3://results': must be the name of an S3"),
    ({"query_scan_limit_gb": 0.01}, "query_scan_limit_gb = 0.01: must be a number of gigabytes, 0.0105 or more"),
    ({"query_scan_limit_gb": "10"}, "query_scan_limit_gb = '10': must be a number of gigabytes, 0.0105 or more"),
    ({"query_scan_limit_gb": float("nan")}, "query_scan_limit_gb = nan: must be a number of gigabytes, 0.0105 or more"),
    ({"query_scan_limit_gb": float("inf")}, "query_scan_limit_gb = inf: must be a number of gigabytes, 0.0105 or more"),
    (
        {"query": False, "athena_results_bucket": "results"},
        "athena_results_bucket = 'results': cannot be used without query: leave query out, or make it true",
    ),
    ({"query": False, "query_scan_limit_gb": 10}, "query_scan_limit_gb = 10: cannot be used without query: leave"),
    (
        {"bucket": "existing", "query_scan_limit_gb": 10},
        "query_scan_limit_gb = 10: cannot be used yet: queries of an existing bucket need athena_results_bucket",
    ),
    ({"protect": "yes"}, "protect = 'yes': must be true or false"),
    ({"bucket": "existing", "protect": True}, "protect = True: cannot be combined with bucket: an existing bucket is"),
    ({"configuration_sets": "news"}, "configuration_sets = 'news': must be a list"),
    ({"configuration_sets": ["news", "news"]}, "configuration_sets[1] = 'news': must be listed once"),
    ({"configuration_sets": ["week news"]}, "configuration_sets[0] = 'week news': must be 1 to 64 of"),
    ({"configuration_sets": ["n" * 65]}, f"configuration_sets[0] = '{'n' * 65}': must be 1 to 64 of"),
    ({"configuration_sets": ["ok", ""]}, "configuration_sets[1] = '': must be 1 to 64 of"),
    ({"configuration_sets": ["a.b"]}, "configuration_sets[0] = 'a.b': must be 1 to 64 of"),
    ({"configuration_sets": [7]}, "configuration_sets[0] = 7: must be 1 to 64 of"),
    (
        {"configuration_sets": [pulumi.Output.from_input("news")]},
        "= an Output: must be a plain value, not an Output; for a set created in the same program use EventPublisher",
    ),
    (
        {"identities": [pulumi.Output.from_input("example.com")]},
        "identities[0] = an Output: must be a plain value, not an Output",
    ),
    ({"existing_configuration_sets": ["a b"]}, "existing_configuration_sets[0] = 'a b': must be 1 to 64 of"),
    (
        {"configuration_sets": ["news"], "existing_configuration_sets": ["news"]},
        "existing_configuration_sets[0] = 'news': is also in configuration_sets: list it in one of them",
    ),
    (
        {"existing_configuration_sets": ["mail"]},
        "existing_configuration_sets[0] = 'mail': is also in configuration_sets",
    ),
    ({"identities": ["not a domain"]}, "identities[0] = 'not a domain': must be a domain"),
    ({"identities": ["localhost"]}, "identities[0] = 'localhost': must be a domain"),
    ({"identities": ["a@b@example.com"]}, "identities[0] = 'a@b@example.com': must be a domain"),
    ({"identities": ["example.com", "example.com"]}, "identities[1] = 'example.com': must be listed once"),
    ({"event_types": []}, "event_types = []: must name an event type: leave it out for all ten"),
    ({"event_types": ["Bounce"]}, "event_types[0] = 'Bounce': must be one of SEND REJECT"),
    ({"event_types": ["Rendering Failure"]}, "did you mean RENDERING_FAILURE?"),
    ({"event_types": ["SENT"]}, "did you mean SEND?"),
    ({"event_types": ["SEND", "SEND"]}, "event_types[1] = 'SEND': must be listed once"),
    ({"event_types": [1]}, "event_types[0] = 1: must be one of SEND REJECT"),
    ({"bucket": "My_Bucket"}, "bucket = 'My_Bucket': must be the name of an S3 bucket"),
    ({"bucket": "ab"}, "bucket = 'ab': must be the name of an S3 bucket"),
    ({"bucket": "192.168.0.1"}, "bucket = '192.168.0.1': must be the name of an S3 bucket"),
    ({"bucket": "two..dots"}, "bucket = 'two..dots': must be the name of an S3 bucket"),
    ({"bucket": "xn--bucket"}, "bucket = 'xn--bucket': must be the name of an S3 bucket"),
    *(
        ({"bucket": bucket}, f"bucket = {bucket!r}: must be the name of an S3 bucket")
        for bucket in ("sthree-mail", "amzn-s3-demo-mail", "mail-s3alias", "mail--ol-s3", "mail.mrap", "mail--x-s3")
    ),
    ({"bucket": "mail--table-s3"}, "bucket = 'mail--table-s3': must be the name of an S3 bucket"),
    ({"alarms": "", "alarm_topic_arns": [TOPIC]}, "alarms = '': must be true or false"),
    ({"bucket": "arn:aws:s3:::b"}, "bucket = 'arn:aws:s3:::b': must be the name of an S3 bucket"),
    (
        {"bucket": "existing", "retention_days": 30},
        "retention_days = 30: cannot be combined with bucket: an existing bucket is not",
    ),
    (
        {"bucket": "existing", "archive_after_days": 3},
        "archive_after_days = 3: cannot be combined with bucket: an existing bucket is not",
    ),
    ({"bucket": "existing", "access_log_bucket": "logs"}, "access_log_bucket = 'logs': cannot be combined with bucket"),
    ({"kms_key_arn": "alias/mail"}, "kms_key_arn = 'alias/mail': must be the ARN of a KMS key"),
    ({"kms_key_arn": STREAM}, f"kms_key_arn = '{STREAM}': must be the ARN of a KMS key"),
    ({"retention_days": -1}, "retention_days = -1: must be a whole number of days"),
    ({"retention_days": 1.5}, "retention_days = 1.5: must be a whole number of days"),
    ({"retention_days": "30"}, "retention_days = '30': must be a whole number of days"),
    ({"retention_days": True}, "retention_days = True: must be a whole number of days"),
    ({"retention_days": float("nan")}, "retention_days = nan: must be a whole number of days"),
    ({"retention_days": float("inf")}, "retention_days = inf: must be a whole number of days"),
    ({"retention_days": 2**31}, "retention_days = 2147483648: must be a whole number of days"),
    (
        {"retention_days": 0, "archive_after_days": 2**31},
        "archive_after_days = 2147483648: must be a whole number of days; 0 never archives",
    ),
    ({"archive_after_days": -1}, "archive_after_days = -1: must be a whole number of days; 0 never archives"),
    ({"alarms": "on"}, "alarms = 'on': must be true or false"),
    ({"alarms": True, "alarm_topic_arns": ["mail"]}, "alarm_topic_arns[0] = 'mail': must be the ARN of an SNS topic"),
    ({"alarms": True, "alarm_topic_arns": TOPIC}, f"alarm_topic_arns = '{TOPIC}': must be a list"),
    ({"alarm_topic_arns": [TOPIC]}, f"alarm_topic_arns = ['{TOPIC}']: cannot be used without alarms: set alarms too"),
    ({"archive_after_days": 365}, "archive_after_days = 365: must be fewer days than retention_days, which is 365"),
    (
        {"retention_days": 30, "archive_after_days": 90},
        "archive_after_days = 90: must be fewer days than retention_days, which is 30",
    ),
    ({"access_log_bucket": "LOGS"}, "access_log_bucket = 'LOGS': must be the name of an S3 bucket"),
    ({"buffer_seconds": 901}, "buffer_seconds = 901: must be a whole number of seconds, 0 to 900"),
    ({"buffer_seconds": -1}, "buffer_seconds = -1: must be a whole number of seconds, 0 to 900"),
    ({"buffer_megabytes": 0}, "buffer_megabytes = 0: must be a whole number of megabytes, 1 to 128"),
    ({"buffer_megabytes": 129}, "buffer_megabytes = 129: must be a whole number of megabytes, 1 to 128"),
    ({"force_destroy": "yes"}, "force_destroy = 'yes': must be true or false"),
    ({"tags": ["team"]}, "tags = ['team']: must be a mapping of names to values"),
    (
        {"tags": {"aws:team": "mail"}},
        "tags[\"aws:team\"] = 'mail': must have a name of 1 to 128 characters, not aws: first",
    ),
    (
        {"tags": {"AWS:team": "mail"}},
        "tags[\"AWS:team\"] = 'mail': must have a name of 1 to 128 characters, not aws: first",
    ),
    (
        {"tags": {"Aws:team": "mail"}},
        "tags[\"Aws:team\"] = 'mail': must have a name of 1 to 128 characters, not aws: first",
    ),
    ({"tags": {"t" * 129: "mail"}}, "must have a name of 1 to 128 characters"),
    ({"tags": {"team": "m" * 257}}, "must be a string of 256 characters at most"),
    ({"tags": {"": "mail"}}, "tags[\"\"] = 'mail': must have a name of 1"),
    ({"tags": {"team": 7}}, 'tags["team"] = 7: must be a string of 256 characters at most'),
    ({"tags": {f"tag-{n}": "" for n in range(51)}}, "tags = '51 tags': must be 50 tags at most, not 51"),
    ({"retention": 30}, "retention = 30: is no argument: did you mean retention_days?"),
    ({"queries": True}, "queries = True: is no argument: did you mean query?"),
]


@pytest.mark.parametrize(("args", "message"), BAD, ids=[message for _, message in BAD])
def test_an_argument_out_of_range_is_named_with_its_value_and_what_it_must_be(
    args: dict[str, Any], message: str
) -> None:
    error = refused(SendingHistory, "mail", args)

    header, *lines = str(error).splitlines()
    assert header == "SendingHistory 'mail' has invalid arguments:"
    assert len(lines) == 1
    assert message in lines[0]


@pytest.mark.parametrize("name", ["", "Mail", "my_mail", "-mail", "m" * 41, None])
def test_a_name_that_names_no_bucket_is_refused(name: Any) -> None:
    assert f"name = {name!r}: must be 1 to 40 of a-z 0-9 -" in str(refused(SendingHistory, name, {}))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"configuration_set": "news"}, "delivery_stream_arn = None: is required"),
        ({"delivery_stream_arn": STREAM}, "configuration_set = None: is required"),
        (
            {"configuration_set": "news", "delivery_stream_arn": "arn:aws:kinesis:us-east-1:123456789012:stream/x"},
            "must be the ARN of a delivery stream",
        ),
        ({"configuration_set": "a b", "delivery_stream_arn": STREAM}, "configuration_set = 'a b': must be 1 to 64"),
        (
            {"configuration_set": "news", "delivery_stream_arn": STREAM, "create_configuration": True},
            "create_configuration = True: is no argument: did you mean create_configuration_set?",
        ),
    ],
)
def test_a_publisher_refuses_what_it_cannot_use(args: dict[str, Any], message: str) -> None:
    assert message in str(refused(EventPublisher, "news", args))


def test_all_problems_are_told_at_once_and_by_property_for_other_languages() -> None:
    error = refused(
        SendingHistory,
        "Mail",
        {"configuration_sets": ["a b", "c d"], "retention_days": -1, "buffer_seconds": 1e9, "retention": 3}
        | {"bucket": "existing", "protect": True},
    )

    assert [re.split(r"[ =:]", line.strip())[0] for line in str(error).splitlines()[1:]] == [
        "name",
        "configuration_sets[0]",
        "configuration_sets[1]",
        "retention_days",
        "buffer_seconds",
        "retention",
        "protect",
    ]
    assert error.errors
    assert [detail["property_path"] for detail in error.errors] == [
        "name",
        "configurationSets[0]",
        "configurationSets[1]",
        "retentionDays",
        "bufferSeconds",
        "retention",
        "protect",
    ]


@pytest.mark.parametrize(
    ("component", "args"),
    [
        (SendingHistory, {"retention_days": 30, "archive_after_days": 90}),
        (SendingHistory, {"configuration_sets": [], "identities": ["example.com"]}),
        (SendingHistory, {"configuration_sets": [], "tls_required": True}),
        (SendingHistory, {"configuration_sets": ["news"], "existing_configuration_sets": ["news"]}),
        (SendingHistory, {"bucket": "existing", "access_log_bucket": "logs"}),
        (SendingHistory, {"retention": 30}),
        (SendingHistory, {"queries": True}),
        (EventPublisher, {"delivery_stream_arn": STREAM, "create_configuration": True}),
    ],
)
def test_a_message_spells_arguments_as_its_reader_does(component: Any, args: dict[str, Any]) -> None:
    error = refused(component, "mail", args)

    assert not re.search(r"[a-z][A-Z]", str(error).partition("\n")[2])
    assert error.errors
    for problem in error.errors:
        assert not re.search(r"[a-z]_[a-z]", problem["property_path"] + problem["reason"])


@pytest.mark.parametrize(
    "args",
    [
        {"configuration_sets": [], "existing_configuration_sets": ["legacy"]},
        {"bucket": "existing.bucket-1", "retention_days": 365, "force_destroy": True},
        {"configuration_sets": []},
        {"permissions_boundary_arn": "arn:aws:iam::aws:policy/PowerUserAccess", "suppressed_reasons": []},
        {"tags": {"t": ""}},
        {"tags": {"t" * 128: "v" * 256, **{f"tag-{n}": "" for n in range(49)}}},
        {"identities": ["example.com", "mail@sub.example.co.uk", "example.xn--p1ai"]},
        {"retention_days": 30.0, "buffer_seconds": 60.0, "buffer_megabytes": 5.0},
        {"retention_days": 0, "archive_after_days": 2**31 - 1},
        {"retention_days": 2**31 - 1, "archive_after_days": 2**31 - 2},
        {"buffer_seconds": 900, "buffer_megabytes": 128},
        {"query_scan_limit_gb": 0.0105},
        {"query_scan_limit_gb": 2**31 - 1},
        {"bucket": "existing", "athena_results_bucket": "results", "query_scan_limit_gb": 10},
        {"bucket": "existing", "query": False},
        {"kms_key_arn": "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd"},
        {"alarms": True, "alarm_topic_arns": ["arn:aws-cn:sns:cn-north-1:123456789012:mail"]},
        {"alarms": True, "alarm_topic_arns": ["arn:aws-us-gov:sns:us-gov-west-1:123456789012:mail"]},
        {"tags": {"team": "", "awsteam": "", "t" * 128: "m" * 256}},
    ],
)
def test_what_is_at_the_edge_of_a_range_is_accepted(args: Any) -> None:
    recorded = record(lambda: SendingHistory("m" * 40, args))

    assert len(recorded.all("FirehoseDeliveryStream")) == 1


@pytest.mark.parametrize(
    "stream",
    [
        "arn:aws-cn:firehose:cn-north-1:123456789012:deliverystream/history",
        "arn:aws-us-gov:firehose:us-gov-west-1:123456789012:deliverystream/history",
    ],
)
def test_a_stream_may_be_of_another_partition(stream: str) -> None:
    recorded = record(lambda: EventPublisher("news", {"configuration_set": "news", "delivery_stream_arn": stream}))

    assert stream in recorded.one("RolePolicy").inputs["policy"]


def test_arguments_that_are_no_mapping_are_refused() -> None:
    assert "its arguments must be a mapping, not ['news']" in str(refused(SendingHistory, "mail", ["news"]))


def test_the_names_of_tags_stay_as_they_are_in_other_languages() -> None:
    error = refused(SendingHistory, "mail", {"tags": {"cost_center": 7}})

    assert error.errors == [
        {
            "property_path": 'tags["cost_center"]',
            "reason": "must be a string of 256 characters at most",
        }
    ]


def test_a_resource_where_its_name_belongs_is_refused_by_its_type() -> None:
    errors = list[str]()

    def program() -> None:
        bucket: Any = aws.s3.Bucket("elsewhere")
        with pytest.raises(pulumi.InputPropertiesError) as refused:
            SendingHistory("mail", {"bucket": bucket})
        errors.append(str(refused.value))

    assert len(record(program).resources) == 1
    assert errors[0].splitlines()[1] == (
        "  bucket = a Bucket: must be text, not a resource: pass its name or ARN, as this argument says"
    )


def test_arguments_by_keyword_are_refused_with_the_dict_they_belong_in() -> None:
    given: Any = {"retention_days": 7}

    with pytest.raises(
        TypeError, match=r"takes its arguments as one dict: SendingHistory\('mail', {'retention_days': 7}\)"
    ):
        SendingHistory("mail", **given)
    with pytest.raises(TypeError, match="unexpected keyword argument 'retention_days'"):
        EventPublisher("mail", **given)


def test_a_publisher_has_a_name_of_at_most_120_characters() -> None:
    args: Any = {"configuration_set": "news", "delivery_stream_arn": STREAM}

    assert record(lambda: EventPublisher("a" * 120, args)).one("EventPublisher")
    assert "must be 1 to 120 of" in str(refused(EventPublisher, "a" * 121, args))
