"""Serves the components to programs in any language: Pulumi starts this folder as a plugin."""

import tomllib
from pathlib import Path

from ses_sending_history.plugin import serve

if __name__ == "__main__":
    serve(version=tomllib.loads((Path(__file__).parent / "pyproject.toml").read_text())["project"]["version"])
