"""The examples in other languages, checked against the SDK that `pulumi package add` writes for each of them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SCHEMA = ROOT / "components" / "schema.json"
GENERATOR = Path(__file__).parent / "sdk"

SDK = Path("sdks", "example-ses-sending-history")
"""Where `pulumi package add` writes an SDK: the namespace and the name of the package."""


@dataclass(frozen=True)
class Language:
    """How the example of a language is installed, as the CLI does or says, and type-checked."""

    example: str
    program: str
    sdk: str
    install: tuple[str, ...]
    check: tuple[str, ...]
    tools: tuple[str, ...]


COMPILED = [
    Language(
        example="typescript",
        program="index.ts",
        sdk="nodejs",
        install=("npm", "install", "--no-audit", "--no-fund"),
        check=("node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict"),
        tools=("go", "node", "npm"),
    ),
    Language(
        example="go",
        program="main.go",
        sdk="go",
        install=("go", "mod", "tidy"),
        check=("go", "vet", "./..."),
        tools=("go",),
    ),
    Language(
        example="java",
        program="src/main/java/mail/App.java",
        sdk="java",
        install=("cp", "-r", f"{SDK}/src/.", "src"),
        check=("mvn", "--quiet", "--batch-mode", "compile"),
        tools=("go", "javac", "mvn"),
    ),
]

PROGRAMS = {
    **{language.example: EXAMPLES / language.example / language.program for language in COMPILED},
    "csharp": EXAMPLES / "csharp" / "Program.cs",
}


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not on the PATH: {', '.join(missing)}")


def run(command: tuple[str, ...], folder: Path) -> tuple[int, str]:
    """The exit code of the command, and all it printed."""
    ran = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return ran.returncode, ran.stdout


def write_sdk(language: str, folder: Path) -> None:
    code, printed = run(("go", "run", ".", language, str(SCHEMA), str(folder)), GENERATOR)
    assert code == 0, printed


@dataclass(frozen=True)
class Installed:
    """A copy of an example, with its SDK and all it depends on."""

    language: Language
    folder: Path

    def check(self, program: str) -> tuple[int, str]:
        """The exit code of the compiler for this program in place of the example's, and all it printed."""
        (self.folder / self.language.program).write_text(program)
        return run(self.language.check, self.folder)


@pytest.fixture(
    scope="module",
    params=[pytest.param(language, id=language.example, marks=needs(*language.tools)) for language in COMPILED],
)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    language: Language = request.param
    folder = tmp_path_factory.mktemp("languages") / language.example
    shutil.copytree(EXAMPLES / language.example, folder)
    write_sdk(language.sdk, folder / SDK)
    code, printed = run(language.install, folder)
    assert code == 0, printed
    return Installed(language, folder)


def test_an_example_compiles_with_its_sdk(installed: Installed) -> None:
    program = PROGRAMS[installed.language.example].read_text()
    code, printed = installed.check(program)
    assert code == 0, printed


def test_an_example_with_a_misspelt_argument_does_not_compile(installed: Installed) -> None:
    program = PROGRAMS[installed.language.example].read_text()
    assert program.count("etentionDays") == 1
    code, printed = installed.check(program.replace("etentionDays", "etentionsDays"))
    assert code != 0
    assert "etentionsDays" in printed


def missing_in_csharp(program: str, sdk: str) -> Iterator[str]:
    """The names that the program in C# uses of the SDK and the SDK lacks: this is in place of a compiler."""
    for namespace in re.findall(r"^using (?!System)([\w.]+);$", program, re.MULTILINE):
        if f"namespace {namespace}\n" not in sdk:
            yield namespace
    for name in re.findall(r"\bnew (?!Dictionary)(\w+)", program):
        if not class_in_csharp(name, sdk):
            yield name
    for name in re.findall(r"^        (\w+) = ", program, re.MULTILINE):
        if not property_in_csharp(name, class_in_csharp("SendingHistoryArgs", sdk)):
            yield name
    for name in re.findall(r"\bhistory\.(\w+)", program):
        if not property_in_csharp(name, class_in_csharp("SendingHistory", sdk)):
            yield name


def class_in_csharp(name: str, sdk: str) -> str:
    found = re.search(rf"^    public [a-z ]*class {name} .*?^    }}$", sdk, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""


def property_in_csharp(name: str, class_: str) -> bool:
    return re.search(rf"^        public \S+ {name}( {{.*)?$", class_.replace(", ", ","), re.MULTILINE) is not None


@pytest.fixture(scope="module")
def csharp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK of C#."""
    folder = tmp_path_factory.mktemp("csharp")
    write_sdk("dotnet", folder / SDK)
    return folder


def sdk_of(csharp: Path) -> str:
    return "\n".join(path.read_text() for path in sorted((csharp / SDK).glob("*.cs")))


@needs("go")
def test_the_sdk_has_every_name_that_the_example_in_csharp_uses(csharp: Path) -> None:
    assert list(missing_in_csharp(PROGRAMS["csharp"].read_text(), sdk_of(csharp))) == []


@needs("go")
def test_the_project_in_csharp_refers_to_the_project_of_the_sdk(csharp: Path) -> None:
    project = (EXAMPLES / "csharp" / "mail.csproj").read_text()
    (reference,) = re.findall('<ProjectReference Include="(.+)" />', project)
    assert (csharp / reference.replace("\\", "/")).is_file()


@needs("go")
@pytest.mark.parametrize(
    ("name", "misspelt"),
    [
        ("RetentionDays", "RetentionsDays"),
        ("history.BucketName", "history.BucketNames"),
        ("new SendingHistory(", "new SendingHistories("),
        ("using Example.SesSendingHistory;", "using Examples.SesSendingHistory;"),
    ],
)
def test_a_misspelt_name_in_csharp_is_found(csharp: Path, name: str, misspelt: str) -> None:
    program = PROGRAMS["csharp"].read_text()
    assert program.count(name) == 1
    (missing,) = missing_in_csharp(program.replace(name, misspelt), sdk_of(csharp))
    assert missing in misspelt


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_history_is_the_same_in_every_language(language: str) -> None:
    program = PROGRAMS[language].read_text()
    for argument in ('"mail"', '"receipts", "news"', '"example.com"', "730"):
        assert argument in program
    for output in ("bucketName", "configurationSetNames", "dkimRecords"):
        assert output in program


@pytest.mark.parametrize("language", PROGRAMS)
def test_an_example_takes_the_version_of_the_schema(language: str) -> None:
    version = json.loads(SCHEMA.read_text())["version"]
    source = f"github.com/example/ses-sending-history/components@{version}"
    project = yaml.safe_load((EXAMPLES / language / "Pulumi.yaml").read_text())
    assert project["packages"] == {"ses-sending-history": source}
    assert f" pulumi package add https://{source}\n" in re.sub(r"[\t ]+", " ", PROGRAMS[language].read_text())
