import shlex
from pathlib import Path

from click.testing import CliRunner
from ses_history.cli import main
from ses_history.cli.sample import sample
from ses_history.sample import DAYS, MESSAGES_A_DAY


def test_sample_says_what_it_wrote_and_commands_that_answer(tmp_path: Path) -> None:
    folder = tmp_path / "a shop"
    result = CliRunner().invoke(sample, [str(folder), "--days", "8", "--messages-a-day", "10"])
    assert result.exit_code == 0
    first, _, *commands = result.stdout.splitlines()
    assert first.endswith(f" events of 8 days in {folder}. Try:")
    assert len(commands) == 3
    for command in commands:
        assert command.strip().startswith("ses-history ")
        assert f" --folder '{folder}'" in command


def test_the_commands_that_sample_names_find_something(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    commands = CliRunner().invoke(sample, [str(folder), "--days", "8"]).stdout.splitlines()[2:]
    for command in commands:
        _, *arguments = shlex.split(command.strip().partition("   ")[0])
        result = CliRunner().invoke(main, [*arguments, "--store", str(tmp_path / "store.duckdb")])
        assert result.exit_code == 0, result.output


def test_a_sample_is_as_long_and_large_as_that_of_a_program() -> None:
    assert [param.default for param in sample.params[1:3]] == [DAYS, MESSAGES_A_DAY]
