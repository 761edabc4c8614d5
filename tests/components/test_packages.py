"""What is built of the two packages: the component and the reader."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest

from localaws.deploy import PROGRAM

LICENCE = (PROGRAM / "LICENSE").read_bytes()
VERSION = tomllib.loads((PROGRAM / "components" / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize("package", ["components", "reader"])
def test_a_package_has_the_licence_the_url_and_the_version_of_the_project(package: str, tmp_path: Path) -> None:
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "build", "--quiet", PROGRAM / package, "--out-dir", tmp_path], check=True)

    # uv builds the wheel from the source distribution, so neither needs anything of the repository.
    (built,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(built) as wheel:
        (info,) = {name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
        assert wheel.read(f"{info}/licenses/LICENSE") == LICENCE
        metadata = BytesParser().parsebytes(wheel.read(f"{info}/METADATA"))
    assert metadata["Version"] == VERSION
    assert metadata["License-Expression"] == "MIT"
    assert any(url.startswith("Repository, https://") for url in metadata.get_all("Project-URL", []))
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13, 14)} <= set(
        metadata.get_all("Classifier", [])
    )

    (source,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        licence = archive.extractfile(f"{source.name.removesuffix('.tar.gz')}/LICENSE")
        assert licence is not None
        assert licence.read() == LICENCE
