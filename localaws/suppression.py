"""The suppression list of the account: addresses to which SES does not send, and why."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from localaws.middleware import Response, ServiceError


class SuppressionList:
    """The list, by address."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Any]] = {}

    def suppressed(self, addresses: Iterable[str], reasons: Iterable[str]) -> dict[str, str]:
        """Those of the addresses that are on the list for one of the reasons, with it; letter case does not matter."""
        listed = {address.lower(): entry["Reason"] for address, entry in self._entries.items()}
        found = {address: listed.get(address.lower()) for address in addresses}
        return {address: reason for address, reason in found.items() if reason and reason in set(reasons)}

    def put(self, entry: Mapping[str, Any], *, production_access: bool) -> Response:
        """The response to PutSuppressedDestination.

        Source: https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
        """
        if not production_access:
            raise ServiceError("BadRequestException", "Your account must have production access.")
        self._entries[entry["EmailAddress"]] = {**entry, "LastUpdateTime": time.time()}
        return Response().with_json({})

    def get(self, address: str) -> Response:
        """The response to GetSuppressedDestination."""
        return Response().with_json({"SuppressedDestination": self._entry(address)})

    def delete(self, address: str) -> Response:
        """The response to DeleteSuppressedDestination."""
        self._entry(address)
        del self._entries[address]
        return Response().with_json({})

    def list(self, query: Mapping[str, list[str]]) -> Response:
        """The response to ListSuppressedDestinations; it knows reasons and pages, no dates."""
        reasons = query.get("Reason", ["BOUNCE", "COMPLAINT"])
        entries = [entry for entry in self._entries.values() if entry["Reason"] in reasons]
        start, size = int(query.get("NextToken", ["0"])[0]), int(query.get("PageSize", ["1000"])[0])
        page: dict[str, Any] = {"SuppressedDestinationSummaries": entries[start : start + size]}
        if start + size < len(entries):
            page["NextToken"] = str(start + size)
        return Response().with_json(page)

    def _entry(self, address: str) -> dict[str, Any]:
        if address not in self._entries:
            message = f"Email address {address} does not exist on your suppression list."
            raise ServiceError("NotFoundException", message, 404)
        return self._entries[address]
