"""What ministack's S3 lacks: metrics configurations of a bucket."""

from contextlib import AbstractContextManager

from localaws.middleware import Request, Response, intercept


def extended() -> AbstractContextManager[None]:
    """S3 with metrics configurations, while the context lasts."""
    return intercept("s3", _S3().handle)


class _S3:
    def __init__(self) -> None:
        self._metrics: dict[tuple[str, str], bytes] = {}
        """The XML of each configuration, by bucket and id."""

    async def handle(self, request: Request) -> Response:
        if "metrics" not in request.query:
            return await request.forward()
        xml = {"Content-Type": "application/xml"}
        if "id" not in request.query:
            listed = b"".join(body for (path, _), body in sorted(self._metrics.items()) if path == request.path)
            tag = b"ListMetricsConfigurationsResult"
            body = b"<%b><IsTruncated>false</IsTruncated>%b</%b>" % (tag, listed, tag)
            return Response(headers=xml, body=body)
        key = (request.path, request.query["id"][0])
        match request.method:
            case "PUT":
                self._metrics[key] = request.body
                return Response(headers=xml)
            case "DELETE":
                self._metrics.pop(key, None)
                return Response(status=204, headers=xml)
        if key not in self._metrics:
            return Response(status=404, headers=xml, body=b"<Error><Code>NoSuchConfiguration</Code><Message/></Error>")
        return Response(headers=xml, body=self._metrics[key])
