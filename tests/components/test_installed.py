"""The components package by itself, installed into an environment of its own."""

import subprocess
import sys
from typing import Any

from localaws.deploy import PROGRAM


def test_components_install_by_themselves_and_work_in_another_project(tmp_path: Any) -> None:
    uv = [sys.executable, "-m", "uv"]
    pins = tmp_path / "pins.txt"
    subprocess.run(
        [*uv, "export", "--quiet", "--frozen", "--all-packages", "--no-emit-workspace", "--no-hashes", "-o", pins],
        cwd=PROGRAM,
        check=True,
    )
    python = tmp_path / ".venv" / "bin" / "python"
    subprocess.run([*uv, "venv", "--quiet", tmp_path / ".venv"], check=True)
    install = [*uv, "pip", "install", "--quiet", "--python", python, "--constraint", pins, PROGRAM / "components"]
    subprocess.run(install, check=True)
    program = (
        "import pulumi\n"
        "class Nothing(pulumi.runtime.Mocks):\n"
        "    def new_resource(self, args): return args.name, args.inputs\n"
        "    def call(self, args): return {}, []\n"
        "pulumi.runtime.set_mocks(Nothing())\n"
        "from ses_sending_history import EventPublisher, SendingHistory\n"
        "print(pulumi.runtime.test(lambda: SendingHistory('mail', {}).events_prefix.apply(print))())\n"
    )
    ran = subprocess.run(
        [python, "-W", "ignore", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[0] == "events/"
