"""What a destroy keeps in AWS, and what is said when it is to be created again."""

from itertools import count

import pulumi

_numbers = count(1)
"""Hooks have names of their own in a program, though resources of different parents may share theirs."""


def kept(*, force_destroy: bool) -> pulumi.ResourceOptions:
    """Options of a resource that is deleted with `force_destroy` only."""
    # What is not said is as the parent has it.
    return pulumi.ResourceOptions(retain_on_delete=not force_destroy or None)


def kept_by_name(name: str, *, force_destroy: bool, named_by: str, hint: str) -> pulumi.ResourceOptions:
    """Those options, for a resource whose name in AWS is chosen.

    Where it exists already, as after a destroy that kept it, the hint says what to do, and the input `named_by` which.
    """

    def explain(failed: pulumi.ErrorHookArgs) -> bool:
        if any("AlreadyExists" in error for error in failed.errors):
            named = (failed.new_inputs or {}).get(named_by)
            pulumi.log.error(f"{named} exists already in this account and region: {hint}.")
        return False

    already_there = pulumi.ErrorHook(f"{name}-exists-already-{next(_numbers)}", explain)
    return pulumi.ResourceOptions.merge(
        kept(force_destroy=force_destroy),
        pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[already_there])),
    )
