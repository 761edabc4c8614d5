"""What a Trino server is made of: Maven, which fetches its jars, and a JDK, which runs them."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs

VERSION = "483"
"""Of Trino. The view is plain SQL, which the versions since Athena's engine 3 (2022) run as well."""

_JAVA = 25
"""The JDK that this version needs, or a newer one."""

_FOLDER = Path(__file__).parent

_PLUGIN = "META-INF/services/io.trino.spi.Plugin", "io.trino.plugin.hive.HivePlugin\n"
"""The file that makes a plugin of a folder of jars. The Hive connector's own jar lacks it, unlike its archive."""


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """The programs, and the folder of jars that they fetch."""

    mvn: str
    java: Path

    @property
    def jars(self) -> Path:
        """The jars of the server are in `trino-main`, those of the connector in `plugin/trino-hive`."""
        return platformdirs.user_cache_path("ses-sending-history") / f"trino-{VERSION}"

    def fetch(self) -> None:
        """Fetch the jars from Maven Central, 220 MB, unless they are there."""
        if self.jars.exists():
            return
        print(f"Fetching Trino {VERSION}: 220 MB the first time", file=sys.stderr)  # noqa: T201
        self.jars.parent.mkdir(parents=True, exist_ok=True)
        # Another test run may fetch at the same time: the folder appears when it is whole.
        with TemporaryDirectory(dir=self.jars.parent) as temporary:
            unfinished = Path(temporary) / "jars"
            self._copy("trino-main", unfinished)
            self._copy("trino-hive", unfinished / "plugin")
            with zipfile.ZipFile(unfinished / "plugin" / "trino-hive" / "services.jar", "w") as jar:
                jar.writestr(*_PLUGIN)
            if not self.jars.exists():
                unfinished.rename(self.jars)

    def _copy(self, artifact: str, folder: Path) -> None:
        subprocess.run(
            [
                *(self.mvn, "--batch-mode", "--quiet", "--no-transfer-progress", "--file", _FOLDER / "pom.xml"),
                *("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder / artifact}"),
                *(f"-Dartifact={artifact}", f"-Dversion.of.trino={VERSION}"),
            ],
            check=True,
        )


def find() -> Toolchain | str:
    """The programs; where they are not there, what is missing."""
    mvn = shutil.which("mvn")
    java = next((home / "bin" / "java" for home in _java_homes() if _version(home) >= _JAVA), None)
    if mvn and java:
        return Toolchain(mvn=mvn, java=java)
    missing = [*([] if mvn else ["`mvn` on the PATH"]), *([] if java else [f"JDK {_JAVA} or newer in JAVA_HOME"])]
    return f"there is no {' and no '.join(missing)}"


def _java_homes() -> Iterator[Path]:
    """Where JDKs are: CI services have variables for several, such as JAVA_HOME_25_X64."""
    yield from (Path(home) for name, home in sorted(os.environ.items()) if name.startswith("JAVA_HOME"))
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parents[1]
    yield from sorted(Path("/usr/lib/jvm").glob("*"))


def _version(home: Path) -> int:
    """The first number of the version of a JDK; 0 where there is none, or one that cannot compile."""
    release = home / "release"
    if not release.exists() or not (home / "bin" / "javac").exists():
        return 0
    stated = dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line)
    return int(stated["JAVA_VERSION"].strip('"').partition(".")[0])
