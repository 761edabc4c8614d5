"""Looks at every link of a chain at once, and tells them in the order mail takes, up to where nothing can arrive."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial

from ses_history.account.doctor import probes
from ses_history.account.doctor.calls import Calls, LateError, MissingError, UnseenError, connect
from ses_history.account.doctor.chain import Chain, of_bucket, of_stack, region_of
from ses_history.account.doctor.documents import UnclearError
from ses_history.account.doctor.links import Diagnosis, Finding, Link, State
from ses_history.account.doctor.probes import Found, NotToldError
from ses_history.errors import SourceError
from ses_history.progress import Examining, Watch
from ses_history.sources.stack import chain_of_stack

_AT_ONCE = 32

_NOTICE_SECONDS = 0.2
"""How long after a notice the next follows."""

Key = tuple[Link, str]
"""A link and which one."""


@dataclass(frozen=True, kw_only=True)
class _Look:
    """A link that is to be looked at."""

    link: Link
    subject: str
    probe: Callable[[Calls], Found]
    after: Sequence[Key] = ()
    """Links of which one has to let events through, if there are any."""

    @property
    def key(self) -> Key:
        return self.link, self.subject


def diagnosis_of_stack(name: str, identities: Sequence[str], sets: Sequence[str], watch: Watch) -> Diagnosis:
    """What is found of the chain of a Pulumi stack, or of these of its identities and sets; raises SourceError."""
    outputs = chain_of_stack(name)
    clients, _ = connect()
    region = region_of(outputs["delivery_stream_arn"])
    return diagnosis(
        Calls(clients), region, lambda calls: of_stack(calls, outputs, identities=identities, sets=sets), watch
    )


def diagnosis_of_bucket(
    bucket: str, profile: str | None, identities: Sequence[str], sets: Sequence[str], watch: Watch
) -> Diagnosis:
    """What is found of the chain that ends in a bucket, or of these identities and sets; raises SourceError."""
    clients, region = connect(profile)
    if region is None:
        raise SourceError("There is no region: set AWS_REGION to the bucket's")
    return diagnosis(
        Calls(clients), region, lambda calls: of_bucket(calls, bucket, region, identities=identities, sets=sets), watch
    )


def diagnosis(calls: Calls, region: str, find: Callable[[Calls], Chain], watch: Watch) -> Diagnosis:
    """What is found of the chain that `find` finds."""
    try:
        calls.ask("sts", region, "get_caller_identity")
        chain = find(calls)
    except (UnseenError, LateError, MissingError) as error:
        evidence = f"AWS does not answer you: {error}. Sign in with `aws sso login` or set AWS_PROFILE"
        state = State.COULD_NOT_LOOK
        return Diagnosis(findings=(Finding(link=Link.CREDENTIALS, subject="", state=state, evidence=evidence),))
    return _examine(chain, calls, watch)


def _examine(chain: Chain, calls: Calls, watch: Watch) -> Diagnosis:
    looks = list(_looks(chain))
    pool = ThreadPoolExecutor(_AT_ONCE)
    answers = [pool.submit(_found, look, calls) for look in looks]
    waiting = set(answers)
    while waiting and calls.seconds_left:
        watch(Examining(links=len(looks), links_done=len(looks) - len(waiting)))
        _, waiting = wait(waiting, timeout=min(_NOTICE_SECONDS, calls.seconds_left))
    pool.shutdown(wait=False, cancel_futures=True)
    findings = [_answer(look, answer) for look, answer in zip(looks, answers, strict=True)]
    return Diagnosis(findings=tuple(_up_to_the_first_broken(looks, findings)))


def _looks(chain: Chain) -> Iterator[_Look]:
    """Every link of the chain, in the order mail takes."""
    yield _Look(link=Link.CREDENTIALS, subject="", probe=partial(probes.credentials, chain=chain))
    for region in chain.regions:
        yield _Look(link=Link.ACCOUNT, subject=region, probe=partial(probes.account, region=region))
    for one in chain.identities:
        yield _Look(
            link=Link.IDENTITY,
            subject=f"{one.name} ({one.region})",
            probe=partial(probes.identity, identity=one),
            after=[(Link.ACCOUNT, one.region)],
        )
    names = tuple(one.name for one in chain.sets)
    for region in dict.fromkeys(one.region for one in chain.identities if one.default):
        here = tuple(one for one in chain.identities if one.region == region)
        yield _Look(
            link=Link.ADDRESSES,
            subject=region,
            probe=partial(probes.addresses, identities=here, sets=names, region=region),
            after=[(Link.ACCOUNT, region)],
        )
    yield from _looks_at_sets(chain)
    yield from _looks_at_streams(chain)
    yield from _looks_at_bucket(chain)


def _looks_at_sets(chain: Chain) -> Iterator[_Look]:
    for region, why in chain.unseen.items():
        yield _Look(link=Link.SET, subject=region, probe=partial(_raising, error=UnseenError(why)))
    if not chain.sets and not chain.unseen:
        none = Found(evidence=f"no set of {', '.join(chain.regions)} writes into this bucket", is_broken=True)
        yield _Look(link=Link.SET, subject="", probe=lambda _: none)
    for one in chain.sets:
        yield _Look(
            link=Link.SET,
            subject=f"{one.name} ({one.region})",
            probe=partial(probes.configuration_set, one=one),
            after=[(Link.ACCOUNT, one.region)],
        )
    for one in chain.sets:
        subject = f"{one.name} ({one.region})"
        yield _Look(
            link=Link.DESTINATION,
            subject=subject,
            probe=partial(probes.destination, chain=chain, one=one),
            after=[(Link.SET, subject)],
        )
    for one in chain.sets:
        subject = f"{one.name} ({one.region})"
        yield _Look(
            link=Link.TRUST,
            subject=subject,
            probe=partial(probes.publisher_trust, one=one),
            after=[(Link.DESTINATION, subject)],
        )
    for one in chain.sets:
        subject = f"{one.name} ({one.region})"
        yield _Look(
            link=Link.PERMISSION,
            subject=subject,
            probe=partial(probes.publisher_permission, one=one),
            after=[(Link.TRUST, subject)],
        )


def _looks_at_streams(chain: Chain) -> Iterator[_Look]:
    for stream in chain.streams:
        before = [
            (Link.PERMISSION, f"{one.name} ({one.region})")
            for one in chain.sets
            if one.stream_arn in (None, stream.arn)
        ]
        subject = f"{stream.name} ({stream.region})"
        for link, probe, after in (
            (Link.STREAM, partial(probes.stream, chain=chain), before),
            (Link.RECORDS, probes.records, [(Link.STREAM, subject)]),
            (Link.DELIVERY_ROLE, partial(probes.delivery_role, chain=chain), [(Link.STREAM, subject)]),
        ):
            yield _Look(link=link, subject=subject, probe=partial(probe, stream=stream), after=after)


def _looks_at_bucket(chain: Chain) -> Iterator[_Look]:
    streams = [f"{stream.name} ({stream.region})" for stream in chain.streams]
    roles = [(Link.DELIVERY_ROLE, stream) for stream in streams]
    yield _Look(link=Link.BUCKET, subject=chain.bucket, probe=partial(probes.bucket, chain=chain), after=roles)
    written = [(Link.BUCKET, chain.bucket)]
    yield _Look(link=Link.KEY, subject=chain.bucket, probe=partial(probes.key, chain=chain), after=written)
    usable = [(Link.KEY, chain.bucket)]
    for stream, subject in zip(chain.streams, streams, strict=True):
        look = partial(probes.log, chain=chain, stream=stream)
        yield _Look(link=Link.LOG, subject=subject, probe=look, after=usable)
        deliver = partial(probes.delivery, stream=stream)
        yield _Look(link=Link.DELIVERY, subject=subject, probe=deliver, after=[(Link.LOG, subject)])
    delivered = [(Link.DELIVERY, subject) for subject in streams]
    errors = [(Link.ERRORS, chain.bucket)]
    yield _Look(
        link=Link.ERRORS, subject=chain.bucket, probe=partial(probes.error_objects, chain=chain), after=delivered
    )
    yield _Look(link=Link.NEWEST, subject=chain.bucket, probe=partial(probes.newest_object, chain=chain), after=errors)
    yield _Look(link=Link.READER, subject=chain.bucket, probe=partial(probes.reader, chain=chain), after=usable)


def _raising(_: Calls, *, error: Exception) -> Found:
    raise error


def _found(look: _Look, calls: Calls) -> Finding:
    def finding(state: State, evidence: str, remedy: tuple[str, ...] = ()) -> Finding:
        return Finding(link=look.link, subject=look.subject, state=state, evidence=evidence, remedy=remedy)

    try:
        found = look.probe(calls)
    except (UnseenError, UnclearError) as error:
        return finding(State.COULD_NOT_LOOK, str(error))
    except MissingError as error:
        return finding(State.COULD_NOT_LOOK, f"AWS says that it is not there: {error}")
    except NotToldError as error:
        return finding(State.NOT_LOOKED_AT, f"{error}, and that could not be looked at")
    except LateError:
        return _late(look)
    return finding(State.BROKEN if found.is_broken else State.FINE, found.evidence, found.remedy)


def _late(look: _Look) -> Finding:
    return Finding(
        link=look.link,
        subject=look.subject,
        state=State.NOT_LOOKED_AT,
        evidence="there was no time left: --set and --identity look at less",
    )


def _answer(look: _Look, answer: "Future[Finding]") -> Finding:
    return answer.result() if answer.done() and not answer.cancelled() else _late(look)


def _up_to_the_first_broken(looks: Sequence[_Look], findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, but nothing of links that no event can reach."""
    stopped = set[Key]()
    for look, finding in zip(looks, findings, strict=True):
        is_reached = not look.after or any(key not in stopped for key in look.after)
        if not is_reached or finding.state is State.BROKEN:
            stopped.add(look.key)
        if is_reached:
            yield finding
        else:
            yield Finding(
                link=look.link,
                subject=look.subject,
                state=State.NOT_LOOKED_AT,
                evidence="nothing can arrive",
            )
