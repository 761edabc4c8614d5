import subprocess
import sys

from click.testing import CliRunner
from ses_history.cli import main


def test_help_is_there_for_every_command() -> None:
    for command in ("sync", "find", "show", "stats", "health", "export"):
        result = CliRunner().invoke(main, [command, "--help"])
        assert result.exit_code == 0
        assert "--bucket" in result.stdout


def test_help_gives_each_example_a_line() -> None:
    lines = CliRunner().invoke(main, ["--help"]).output.splitlines()
    assert "  ses-history stats --by domain --since 7d       counts and rates of a week" in lines
    assert all(len(line) <= 80 for line in lines)


def test_help_imports_nothing_that_takes_long() -> None:
    script = (
        "import sys; from ses_history.cli import main; main(['--help'], standalone_mode=False); "
        "print(sorted({'duckdb', 'boto3', 'rich', 'pyarrow'} & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
