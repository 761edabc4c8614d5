"""The emulator: where it listens, what it imports, and what it leaves behind."""

import os
import socket
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import boto3
import pytest

from localaws.deploy import PROGRAM
from localaws.emulator import running


def test_a_profile_of_the_user_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-someone")
    with running() as aws:
        aws.client("s3").create_bucket(Bucket="here")
        # A client with default credentials, as a dynamic provider creates it.
        assert [each["Name"] for each in boto3.Session().client("s3").list_buckets()["Buckets"]] == ["here"]
    assert os.environ["AWS_PROFILE"] == "of-someone"


def test_the_emulator_listens_on_loopback_only_and_is_gone_afterwards() -> None:
    with running() as aws:
        address = urlsplit(aws.endpoint)
        assert address.hostname == "127.0.0.1"
        aws.client("s3").list_buckets()
        # It would answer at every loopback address if it listened on every interface.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", address.port or 0)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port or 0)).close()
    assert "ministack" not in {thread.name for thread in threading.enumerate()}


def test_a_proxy_of_the_user_is_not_asked_by_children(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.delenv("no_proxy", raising=False)
    program = "import boto3, os; print(len(boto3.client('s3').list_buckets()['Buckets']), os.environ['no_proxy'])"

    with running():
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout == "0 example.com,127.0.0.1\n"


def test_only_a_test_that_uses_the_emulator_imports_it() -> None:
    heavy = {"boto3", "hypercorn", "ministack", "pulumi"}
    program = f"import sys, tests.conftest, tests.reader.conftest; print(*{heavy} & sys.modules.keys())"

    ran = subprocess.run([sys.executable, "-c", program], cwd=PROGRAM, capture_output=True, text=True, check=True)

    assert ran.stdout == "\n"
