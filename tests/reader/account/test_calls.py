"""Calls of AWS that is slow, throttles, or does not let us."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from ses_history.account.doctor.calls import Calls, LateError, MissingError, UnseenError
from ses_history.account.doctor.chain import Chain, ConfigurationSet
from ses_history.account.doctor.doctor import diagnosis
from ses_history.account.doctor.links import Link, State
from ses_history.progress import Examining, Notice, unwatched


class Answering:
    """A client of which every operation answers the same, or raises."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.called = 0

    def __getattr__(self, operation: str) -> Any:
        def call(**_: object) -> Any:
            self.called += 1
            if isinstance(self._answer, Exception):
                raise self._answer
            return self._answer

        return call


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetAccount")


def test_what_was_asked_is_not_asked_again() -> None:
    client = Answering({"SendingEnabled": True})
    calls = Calls(lambda *_: client)

    assert calls.ask("sesv2", "us-east-1", "get_account") == calls.ask("sesv2", "us-east-1", "get_account")
    calls.ask("sesv2", "eu-west-1", "get_account")
    assert client.called == 2


@pytest.mark.parametrize(
    ("raised", "kind", "said"),
    [
        (error("AccessDeniedException"), UnseenError, "ses:GetAccount is not allowed to you"),
        (error("ExpiredToken"), UnseenError, "ExpiredToken"),
        (error("NotFoundException"), MissingError, "NotFoundException"),
        (ReadTimeoutError(endpoint_url="x"), UnseenError, "sesv2 in us-east-1 gives no answer within 3 s"),
    ],
)
def test_what_aws_refuses_says_why(raised: Exception, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        Calls(lambda *_: Answering(raised)).ask("sesv2", "us-east-1", "get_account")


def test_what_is_throttled_is_asked_until_the_time_is_over() -> None:
    with pytest.raises(LateError):
        Calls(lambda *_: Answering(error("TooManyRequestsException")), 0.05).ask("sesv2", "us-east-1", "get_account")


def fifty_sets(_: Calls) -> Chain:
    arn = "arn:aws:ses:us-east-1:123456789012:configuration-set/"
    return Chain(
        bucket="history",
        bucket_region="us-east-1",
        partition="aws",
        identities=(),
        sets=tuple(ConfigurationSet(arn=f"{arn}set-{number}") for number in range(50)),
        streams=(),
        unseen={},
    )


def throttled(service: str, _: str) -> Answering:
    arn = {"Arn": "arn:aws:iam::123456789012:root"}
    return Answering(arn if service == "sts" else error("TooManyRequestsException"))


def test_of_fifty_sets_those_that_there_was_no_time_for_are_named() -> None:
    found = diagnosis(Calls(throttled, 0.3), "us-east-1", fifty_sets, unwatched)

    late = [finding for finding in found.findings if finding.link is Link.SET]
    assert [finding.subject for finding in late] == [f"set-{number} (us-east-1)" for number in range(50)]
    assert {finding.state for finding in late} == {State.NOT_LOOKED_AT}
    assert {finding.evidence for finding in late} == {"there was no time left: --set and --identity look at less"}
    assert found.state is State.COULD_NOT_LOOK


def test_whoever_watches_is_told_how_many_links_were_looked_at() -> None:
    told = list[Notice]()
    found = diagnosis(Calls(throttled, 0.3), "us-east-1", fifty_sets, told.append)

    assert isinstance(told[-1], Examining)
    assert told[-1].links == len(found.findings)


def test_without_credentials_one_line_says_so() -> None:
    found = diagnosis(Calls(lambda *_: Answering(error("ExpiredToken"))), "us-east-1", fifty_sets, unwatched)

    assert [(finding.link, finding.state) for finding in found.findings] == [(Link.CREDENTIALS, State.COULD_NOT_LOOK)]
    assert "aws sso login" in found.findings[0].evidence
