"""What ministack's Athena and Glue lack: updates, errors, and IAM that knows what requests name."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from localaws.iam import naming
from localaws.middleware import Request, Response, ServiceError, intercept


@contextmanager
def extended() -> Generator[None]:
    """Athena with an update of prepared statements, and IAM that knows workgroups, databases and tables by name.

    It is so while the context lasts.
    """
    with intercept("athena", _handle), naming("athena", _of_athena), naming("glue", _of_glue):
        yield


async def _handle(request: Request) -> Response:
    from ministack.services import athena  # noqa: PLC0415  it reads its settings when imported

    service: Any = athena
    workgroup = request.json.get("WorkGroup", "primary")
    if workgroup not in {"primary", *service._workgroups}:  # noqa: SLF001
        raise ServiceError("InvalidRequestException", f"WorkGroup {workgroup} is not found.")
    if request.headers.get("x-amz-target") != "AmazonAthena.UpdatePreparedStatement":
        return await request.forward()
    updated = request.json
    statement = service._prepared_statements[f"{updated['WorkGroup']}/{updated['StatementName']}"]  # noqa: SLF001
    statement.update({name: updated[name] for name in ("QueryStatement", "Description") if name in updated})
    return Response(body=b"{}")


def _of_athena(body: bytes, _query: Mapping[str, Any], region: str, account: str) -> str | None:
    """The ARN of the workgroup that a request names, by its name, its tags or a query in it.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
    """
    from ministack.services import athena  # noqa: PLC0415  it reads its settings when imported

    service: Any = athena
    match json.loads(body or b"{}"):
        case {"ResourceARN": arn}:
            return arn
        case {"WorkGroup": name} | {"Configuration": _, "Name": name}:
            return f"arn:aws:athena:{region}:{account}:workgroup/{name}"
        case {"NamedQueryId": query} | {"NamedQueryIds": [query, *_]} if query in service._named_queries:  # noqa: SLF001
            name = service._named_queries[query]["WorkGroup"]  # noqa: SLF001
            return f"arn:aws:athena:{region}:{account}:workgroup/{name}"
        case {"QueryExecutionId": query} | {"QueryExecutionIds": [query, *_]} if query in service._executions:  # noqa: SLF001
            name = service._executions[query]["WorkGroup"]  # noqa: SLF001
            return f"arn:aws:athena:{region}:{account}:workgroup/{name}"
    return None


def _of_glue(body: bytes, _query: Mapping[str, Any], region: str, account: str) -> str | None:
    """The ARN of the table or database that a request names. AWS checks it against the catalog as well.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
    """
    match json.loads(body or b"{}"):
        case {"ResourceArn": arn}:
            return arn
        case {"DatabaseName": database, "Name": name} | {"DatabaseName": database, "TableInput": {"Name": name}}:
            return f"arn:aws:glue:{region}:{account}:table/{database}/{name}"
        case {"DatabaseName": name} | {"Name": name} | {"DatabaseInput": {"Name": name}}:
            return f"arn:aws:glue:{region}:{account}:database/{name}"
    return None
