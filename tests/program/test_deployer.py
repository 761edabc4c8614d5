"""The policy for whoever runs `pulumi up`: enough for dev and prod on AWS on this machine, and no action too many."""

import json
import re
import runpy
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pulumi
import pytest
from botocore.exceptions import ClientError
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs

from docs.generate.deployer import Deployed, deployer_permissions, provider_permissions, query_permissions
from localaws import functions
from localaws.aws import LocalAws
from localaws.deploy import PROGRAM, Stack, destroy, run, stack_config, type_of
from localaws.dynamic import DynamicType
from localaws.iam import Action, allows
from localaws.resources import Resource
from localaws.runtime import run_program
from localaws.ses import publish
from tests.localaws.support import SEND, everything, user

PROJECT = "ses-sending-history"

SERVICES = ["athena", "cloudwatch", "firehose", "glue", "iam", "logs", "s3", "sesv2", "sts"]

LOCALAWS = {
    "Effect": "Allow",
    # What the real provider does not call: it asks for one bucket, has newer operations for the tags of a log, and
    # knows the id of a saved query.
    "Action": [
        *("s3:ListAllMyBuckets", "logs:ListTagsLogGroup", "logs:TagLogGroup", "logs:UntagLogGroup"),
        *("athena:BatchGetNamedQuery", "athena:ListNamedQueries"),
    ],
    "Resource": "*",
}

EXISTING = {"existingConfigurationSets": ["legacy"], "existingIdentities": ["example.org"]}

NAMED: dict[str, dict[str, Any]] = {
    "dev": {"configuration_sets": ["dev-mail"], "identities": ["dev.example.com"]},
    "prod": {"configuration_sets": ["transactional", "newsletter"], "identities": ["example.com"]},
}


def deployed(aws: LocalAws, stack: str, **named: Any) -> Deployed:
    return Deployed(partition="aws", region=aws.region, account_id=aws.account_id, stack=stack, **named)


def statements_of(deployed: Deployed) -> list[dict[str, Any]]:
    """What localaws proves of the policies: the provider's is not tried."""
    return [*deployer_permissions(deployed)["Statement"], *query_permissions(deployed)["Statement"]]


def policy(statements: list[dict[str, Any]], actions: set[str]) -> str:
    """The statements, with only these of their actions."""
    kept = [{**each, "Action": [a for a in each["Action"] if a in actions]} for each in statements]
    usable = [each for each in kept if each["Action"] and each["Resource"]]
    return json.dumps({"Version": "2012-10-17", "Statement": [*usable, LOCALAWS]})


def actions_of(statements: list[dict[str, Any]]) -> list[str]:
    return [action for each in statements for action in each["Action"]]


def as_user(aws: LocalAws, access_key: dict[str, str]) -> LocalAws:
    """The same AWS, as the user of the access key calls it."""
    return replace(aws, _clients={service: aws.client_of(service, access_key) for service in SERVICES})


class Granting:
    """A user who has no permission at first, and is granted an action of a policy when AWS denies it."""

    def __init__(self, aws: LocalAws, statements: list[dict[str, Any]]) -> None:
        self._iam = aws.client("iam")
        self._statements = statements
        self.granted: set[str] = set()
        self.access_key = user(aws, policy([], set()))
        self.aws = as_user(aws, self.access_key)
        for service in SERVICES:
            self.aws.client(service).meta.events.register("needs-retry", self.grant)

    def session(self, **options: Any) -> Any:
        """A session of boto3 as this user, as a dynamic provider creates one with the credentials it finds."""
        session = boto3.session.Session(
            aws_access_key_id=self.access_key["AccessKeyId"],
            aws_secret_access_key=self.access_key["SecretAccessKey"],
            **options,
        )
        grant: Any = self.grant
        session.events.register("needs-retry", grant)
        return session

    def grant(self, response: Any, **_: object) -> int | None:
        """Grant the action that a response denies; return 0, the seconds after which the request is sent again."""
        denied = re.search(r"not authorized to perform: (\S+)", str(response and response[1].get("Error")))
        if denied is None or denied[1] in self.granted or denied[1] not in actions_of(self._statements):
            return None
        self.granted.add(denied[1])
        self._iam.put_user_policy(
            UserName="tester", PolicyName="only", PolicyDocument=policy(self._statements, self.granted)
        )
        return 0


class _Updating(pulumi.runtime.Mocks):
    """Creates, reads, updates and deletes, as `pulumi up --refresh` does."""

    def __init__(self, aws: LocalAws, stack: Stack) -> None:
        self._aws = aws
        self._one_at_a_time = threading.Lock()
        self.unwanted = {(resource.type, resource.logical_name): resource for resource in stack.resources}
        self.wanted: list[Resource] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if not args.custom:
            return None, args.inputs
        with self._one_at_a_time:
            known = self.unwanted.pop((args.typ, args.name), None)
            resource = self._update(known, args.inputs) if known else self._create(args)
            self.wanted.append(resource)
        return resource.outputs["id"], resource.outputs

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return functions.call(self._aws, args.token, args.args), []

    def _create(self, args: MockResourceArgs) -> Resource:
        return type_of(args.typ).create(self._aws, args.typ, args.name, args.inputs, lambda _: None)

    def _update(self, known: Resource, inputs: dict[str, Any]) -> Resource:
        kind = type_of(known.type)
        found = kind.read(self._aws, known)
        assert found is not None
        if isinstance(kind, DynamicType):
            return known
        wanted = {name: known.inputs[name] for name in kind.key if name in known.inputs} | {
            n: v for n, v in inputs.items() if v != {}
        }
        as_found = replace(known, inputs=found, outputs={**known.outputs, **found})
        updated = as_found if found == wanted else kind.update(self._aws, as_found, wanted)
        return replace(updated, deleted_with=known.deleted_with, retained=known.retained)


def update(aws: LocalAws, stack: Stack, name: str, config: dict[str, Any]) -> None:
    """Update the stack to other config."""
    updating = _Updating(aws, stack)
    run_program(program, MockMonitor(updating), project=PROJECT, stack=name, config=configured(name, config))
    for resource in reversed(updating.unwanted.values()):
        type_of(resource.type).delete(aws, resource)
    stack.resources[:] = updating.wanted


def program() -> None:
    runpy.run_path(str(PROGRAM / "__main__.py"))


def configured(name: str, config: dict[str, Any]) -> dict[str, str]:
    """The config of dev or prod, with other values."""
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return stack_config(PROGRAM, name) | {f"{PROJECT}:{key}": value for key, value in values.items()}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_up_changes_and_destroy_need_each_action_of_the_policy_and_no_other(
    aws: LocalAws, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ses, iam = aws.client("sesv2"), aws.client("iam")
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    aws.client("s3").create_bucket(Bucket="logs-of-example")
    ses.create_configuration_set(ConfigurationSetName="legacy")
    ses.create_email_identity(EmailIdentity="example.org")
    statements = statements_of(
        deployed(
            aws,
            name,
            **NAMED[name],
            existing_configuration_sets=["legacy"],
            existing_identities=["example.org"],
            kms_key_arns=[key],
        )
    )
    granting = Granting(aws, statements)
    monkeypatch.setattr(boto3, "Session", granting.session)
    stack = Stack()

    config = {**EXISTING, "accessLogBucket": "logs-of-example", "alarms": True}
    run(granting.aws, stack, program, name=name, project=PROJECT, config=configured(name, config))
    changed = {
        "bufferSeconds": 120,
        "eventTypes": ["BOUNCE"],
        "kmsKeyArn": key,
        "reputationMetrics": True,
        "retentionDays": 7,
        "suppressedReasons": ["BOUNCE"],
        "tags": ["team=mail"],
        "tlsRequired": True,
        "trackingDomain": "click.example.com",
    }
    update(granting.aws, stack, name, {**config, **changed})
    # What somebody changes by hand is changed back.
    (role,) = [r for r in stack.resources if r.type.endswith(":Role") and "legacy" in r.logical_name]
    iam.update_assume_role_policy(RoleName=role.outputs["id"], PolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    ses.put_email_identity_configuration_set_attributes(EmailIdentity=NAMED[name]["identities"][0])
    aws.client("athena").update_prepared_statement(
        StatementName="message", WorkGroup=f"ses-history-{name}", QueryStatement="SELECT ?"
    )
    update(granting.aws, stack, name, {**EXISTING, "alarms": False, "kmsKeyArn": key, "forceDestroy": True})
    assert publish(aws, [SEND], configuration_set="legacy")[0].dropped_because is None
    stack.resources[:] = [replace(resource, retained=False) for resource in stack.resources]
    destroy(granting.aws, stack)

    assert granting.granted == set(actions_of(statements))
    assert aws.client("sesv2").list_configuration_sets()["ConfigurationSets"] == ["legacy"]
    assert len(everything(aws)) == 3  # the bucket of logs, the existing set and the existing identity


@pytest.mark.parametrize(
    ("changed", "operation", "denied"),
    [
        ({"Sid": "Bucket", "Resource": ["arn:aws:s3:::other"]}, "CreateBucket", "s3:CreateBucket"),
        (
            {"Sid": "Catalog", "Resource": ["arn:aws:glue:us-east-1:123456789012:database/other"]},
            "CreateDatabase",
            "glue:CreateDatabase",
        ),
        (
            {"Sid": "Workgroup", "Resource": ["arn:aws:athena:us-east-1:123456789012:workgroup/other"]},
            "CreateWorkGroup",
            "athena:CreateWorkGroup",
        ),
        (
            {"Sid": "PassRole", "Condition": {"StringEquals": {"iam:PassedToService": "ses.amazonaws.com"}}},
            "CreateDeliveryStream",
            "iam:PassRole",
        ),
        (
            {"Sid": "PassRole", "Condition": {"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}}},
            "CreateConfigurationSetEventDestination",
            "iam:PassRole",
        ),
    ],
)
def test_an_up_stops_at_what_the_policy_does_not_allow(
    aws: LocalAws, changed: dict[str, Any], operation: str, denied: str
) -> None:
    statements = [
        {**each, **changed} if each["Sid"] == changed["Sid"] else each
        for each in statements_of(deployed(aws, "dev", **NAMED["dev"]))
    ]
    deployer = as_user(aws, user(aws, policy(statements, set(actions_of(statements)))))

    with pytest.raises(ClientError, match=f"{operation} operation: .* not authorized to perform: {denied}"):
        run(deployer, Stack(), program, name="dev", project=PROJECT, config=configured("dev", {}))


def test_the_longest_name_of_a_stack_is_covered(aws: LocalAws) -> None:
    name = "a-very-long-name-for-a-stack"
    statements = statements_of(deployed(aws, name, **NAMED["dev"]))
    deployer = as_user(aws, user(aws, policy(statements, set(actions_of(statements)))))
    stack = Stack()

    run(deployer, stack, program, name=name, project=PROJECT, config=configured("dev", {"alarms": True}))
    destroy(deployer, stack)

    assert (len(name), everything(aws)) == (28, [])


BOUNDARY = "arn:aws-us-gov:iam::123456789012:policy/boundary"

GOV = Deployed(
    partition="aws-us-gov",
    region="us-gov-west-1",
    account_id="123456789012",
    stack="dev",
    configuration_sets=["dev-mail"],
    existing_configuration_sets=["legacy"],
    identities=["dev.example.com"],
    existing_identities=["example.org"],
    kms_key_arns=["arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/one"],
    permissions_boundary_arn=BOUNDARY,
)

IAM = "arn:aws-us-gov:iam::123456789012:role"
SES = "arn:aws-us-gov:ses:us-gov-west-1:123456789012"
GLUE = "arn:aws-us-gov:glue:us-gov-west-1:123456789012"
ATHENA = "arn:aws-us-gov:athena:us-gov-west-1:123456789012"


@pytest.mark.parametrize(
    ("action", "allowed", "denied"),
    [
        (
            "s3:PutBucketPolicy",
            "arn:aws-us-gov:s3:::ses-history-dev-archive-1a2b3c4",
            "arn:aws-us-gov:s3:::ses-history-prod-archive-1a2b3c4",
        ),
        (
            "s3:DeleteObjectVersion",
            "arn:aws-us-gov:s3:::ses-history-dev-archive-1a2b3c4/events/a",
            "arn:aws-us-gov:s3:::other/a",
        ),
        ("iam:DeleteRole", f"{IAM}/ses-history-dev-delivery-1a2b3c4", f"{IAM}/ses-history-dev-2-delivery-1a2b3c4"),
        ("iam:DeleteRole", f"{IAM}/ses-history-dev-legacy-1a2b3c4", f"{IAM}/admin"),
        ("ses:DeleteConfigurationSet", f"{SES}:configuration-set/dev-mail", f"{SES}:configuration-set/legacy"),
        (
            "ses:CreateConfigurationSetEventDestination",
            f"{SES}:configuration-set/legacy",
            f"{SES}:configuration-set/other",
        ),
        ("ses:DeleteEmailIdentity", f"{SES}:identity/dev.example.com", f"{SES}:identity/example.org"),
        ("ses:GetEmailIdentity", f"{SES}:identity/example.org", f"{SES}:identity/example.com"),
        ("glue:DeleteDatabase", f"{GLUE}:database/ses_history_dev", f"{GLUE}:database/ses_history_dev2"),
        ("glue:UpdateTable", f"{GLUE}:table/ses_history_dev/lines", f"{GLUE}:table/sales/lines"),
        ("athena:DeleteWorkGroup", f"{ATHENA}:workgroup/ses-history-dev", f"{ATHENA}:workgroup/primary"),
    ],
)
def test_an_action_is_allowed_on_what_the_stack_names_alone(action: str, allowed: str, denied: str) -> None:
    documents = [deployer_permissions(GOV), query_permissions(GOV)]

    assert allows(documents, Action(name=action, resource=allowed))
    assert not allows(documents, Action(name=action, resource=denied))


@pytest.mark.parametrize(
    ("action", "resource", "key", "value"),
    [
        ("iam:CreateRole", f"{IAM}/ses-history-dev-delivery-1", "iam:PermissionsBoundary", BOUNDARY),
        ("iam:PutRolePolicy", f"{IAM}/ses-history-dev-delivery-1", "iam:PermissionsBoundary", BOUNDARY),
        ("iam:PutRolePermissionsBoundary", f"{IAM}/ses-history-dev-delivery-1", "iam:PermissionsBoundary", BOUNDARY),
        ("iam:PassRole", f"{IAM}/ses-history-dev-dev-mail-1", "iam:PassedToService", "ses.amazonaws.com"),
        ("iam:PassRole", f"{IAM}/ses-history-dev-delivery-1", "iam:PassedToService", "firehose.amazonaws.com"),
        ("kms:CreateGrant", GOV.kms_key_arns[0], "kms:ViaService", "firehose.us-gov-west-1.amazonaws.com"),
        ("kms:DescribeKey", GOV.kms_key_arns[0], "kms:ViaService", "firehose.us-gov-west-1.amazonaws.com"),
    ],
)
def test_what_could_give_more_rights_has_a_condition(action: str, resource: str, key: str, value: str) -> None:
    documents = [deployer_permissions(GOV), provider_permissions(GOV)]

    assert allows(documents, Action(name=action, resource=resource, context={key: value}))
    assert not allows(documents, Action(name=action, resource=resource, context={key: "lambda.amazonaws.com"}))
    assert not allows(documents, Action(name=action, resource=resource))


def test_each_action_is_allowed_once_on_a_resource_and_no_statement_is_without_one() -> None:
    for stack in (GOV, Deployed(partition="aws", region="eu-west-1", account_id="123456789012", stack="dev")):
        statements = [*statements_of(stack), *provider_permissions(stack)["Statement"]]
        allowed = [(action, on) for each in statements for action in each["Action"] for on in each["Resource"]]
        assert len(allowed) == len(set(allowed))
        assert all(each["Resource"] for each in statements)


@pytest.mark.parametrize("policy", [deployer_permissions, query_permissions, provider_permissions])
def test_iam_takes_each_as_a_managed_policy(policy: Callable[[Deployed], dict[str, Any]]) -> None:
    # IAM does not count white space.
    assert len(json.dumps(policy(GOV), separators=(",", ":"))) <= 6144


@pytest.mark.parametrize("policy", [deployer_permissions, query_permissions, provider_permissions])
def test_the_docs_name_every_statement_and_an_aws_page(policy: Callable[[Deployed], dict[str, Any]]) -> None:
    page = (PROGRAM / "docs" / "security.md").read_text()

    for each in policy(GOV)["Statement"]:
        assert re.search(rf"^\| `{each['Sid']}` \|.*\(https://docs.aws.amazon.com/.*\|$", page, re.MULTILINE), each[
            "Sid"
        ]
