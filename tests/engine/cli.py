"""The Pulumi CLI of these tests, and its host of YAML programs: those on the PATH, or built by Go from go.mod."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs

_MODULE = Path(__file__).parent

_COMMANDS = {
    "pulumi-language-yaml": "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    "pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
}
"""What is built, the CLI last, as it is looked for."""

MISSING = """\
The tests of the real engine were SKIPPED: there is neither `pulumi` nor `go` on the PATH.
To run them, install the Pulumi CLI (https://www.pulumi.com/docs/iac/download-install/), or Go 1.26 or newer to build it
(https://go.dev/doc/install), and run `make test-engine` again."""


def find() -> Path | None:
    """The Pulumi CLI; None when there is none and nothing to build it with."""
    if on_path := shutil.which("pulumi"):
        return Path(on_path)
    built = _built()
    if not built.exists():
        go = shutil.which("go")
        if go is None:
            return None
        print("Building the Pulumi CLI: about six minutes the first time", file=sys.stderr)  # noqa: T201
        for command, package in _COMMANDS.items():
            _build(go, package, built.with_name(command))
    return built


def _built() -> Path:
    version = hashlib.sha256((_MODULE / "go.sum").read_bytes()).hexdigest()[:16]
    return platformdirs.user_cache_path("ses-sending-history") / f"pulumi-{version}" / "pulumi"


def _build(go: str, package: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    version = _go(go, "list", "-m", "-f", "{{.Version}}", "github.com/pulumi/pulumi/pkg/v3").strip()
    # Another test run may build at the same time: a file appears when it is whole.
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    # The Automation API asks the CLI for its version, which Pulumi's own builds set like this.
    linked = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version}"
    _go(go, "build", "-ldflags", linked, "-o", str(unfinished), package)
    unfinished.replace(target)


def _go(go: str, *arguments: str) -> str:
    return subprocess.run([go, *arguments], cwd=_MODULE, check=True, stdout=subprocess.PIPE, text=True).stdout
