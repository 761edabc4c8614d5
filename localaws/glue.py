"""Glue as AWS answers where ministack does not: a table without a description has none."""

from contextlib import AbstractContextManager
from typing import Any

from localaws.middleware import Request, Response, intercept


def extended() -> AbstractContextManager[None]:
    """Glue like that, while the context lasts."""
    return intercept("glue", _handle)


async def _handle(request: Request) -> Response:
    response = await request.forward()
    content = response.json
    if "Table" in content:
        return response.with_json({**content, "Table": _without_empty(content["Table"])})
    if "TableList" in content:
        return response.with_json({**content, "TableList": [_without_empty(table) for table in content["TableList"]]})
    return response


def _without_empty(table: dict[str, Any]) -> dict[str, Any]:
    """The table as it was made. Trino takes an empty description for the comment, by which it knows a view."""
    return {name: value for name, value in table.items() if value not in ("", None)}
