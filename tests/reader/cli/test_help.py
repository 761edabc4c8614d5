import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from ses_history.cli import main

from docs.generate.man import pages
from tests.contract.support import CONTRACT
from tests.reader.support import Run, message, put

LOOK_UP = CONTRACT.parent / "docs/look-up.md"


def test_help_is_there_for_every_command() -> None:
    for command in ("sync", "find", "show", "stats", "health", "export", "doctor"):
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


@pytest.mark.parametrize("command", ["", *main.commands])
def test_help_fits_80_columns(command: str) -> None:
    shown = CliRunner().invoke(main, [*command.split(), "--help"], env={"COLUMNS": "80"})
    assert shown.exit_code == 0
    assert [line for line in shown.stdout.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("command", ["find", "stats"])
def test_help_of_a_question_has_examples_that_are_right(command: str, folder: Path, run: Run) -> None:
    put(folder, message("m", ["ada@example.com"], "send"))
    (folder.parent / "addresses.txt").write_text("ada@example.com\n")
    shown = CliRunner().invoke(main, [command, "--help"], env={"COLUMNS": "80"}).stdout
    examples = re.findall(rf"^  ses-history ({command} .*?)(?:   .*)?$", shown, re.MULTILINE)
    assert len(examples) > 2
    for example in examples:
        arguments = shlex.split(example.replace("addresses.txt", str(folder.parent / "addresses.txt")))
        assert run(*arguments).exit_code in {0, 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ada@example.com"], "No such command 'ada@example.com'. To find messages: ses-history find ada@example.com"),
        (["ada@example.com", "--since", "7d"], "ses-history find ada@example.com --since 7d"),
        (["stats@a.jp"], "ses-history find stats@a.jp"),
        (["Ada Example <ada@example.com>"], "ses-history find 'Ada Example <ada@example.com>'"),
        (["november", "news"], "ses-history find november news"),
        (["ご注文"], "ses-history find 'ご注文'"),
        (["fnd", "a"], "No such command 'fnd'. Did you mean 'find'?"),
        (["stat"], "No such command 'stat'. Did you mean"),
        (["synch"], "Did you mean 'sync'?"),
    ],
)
def test_what_is_no_command_is_answered_with_the_nearest_or_with_find(arguments: list[str], said: str) -> None:
    refused = CliRunner().invoke(main, arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert said in " ".join(refused.stderr.split())


def test_what_is_no_command_steers_no_terminal() -> None:
    refused = CliRunner().invoke(main, ["x\x1b]0;@\x07\u202e"])
    assert refused.exit_code == 2
    assert not {"\x1b", "\x07", "\u202e"} & set(refused.stderr)


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("find --status bo", ["bounced", "bounced:hard", "bounced:soft"]),
        ("find --not-status AR", ["arrived"]),
        ("find --type rendering", ["rendering-failure"]),
        ("find --provider yahoo", ["yahoo", "yahoo-japan"]),
        ("find --tz asia/tok", ["Asia/Tokyo"]),
        ("find --since th", ["this-week", "this-month"]),
        ("stats --by t", ["type", "template", "tag:"]),
        ("stats --sort soft", ["soft-bounces"]),
        ("st", ["stats"]),
        ("find --not", ["--not-status"]),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_options_and_values(
    shell: str, words: str, completed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"ses-history {words}".split()
    monkeypatch.setenv("_SES_HISTORY_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(line))
    monkeypatch.setenv("COMP_CWORD", line[-1] if shell == "fish" else str(len(line) - 1))
    told = CliRunner().invoke(main, prog_name="ses-history").stdout.splitlines()
    if shell == "zsh":  # the kind, the value and its help, a line each
        assert told[1::3] == completed
    else:
        assert [value.removeprefix("plain,").partition("\t")[0] for value in told] == completed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_that_the_docs_show_is_a_script(shell: str) -> None:
    assert f"_SES_HISTORY_COMPLETE={shell}_source ses-history" in LOOK_UP.read_text()
    script = CliRunner().invoke(main, prog_name="ses-history", env={"_SES_HISTORY_COMPLETE": f"{shell}_source"})
    assert f"_SES_HISTORY_COMPLETE={shell}_complete" in script.stdout


def test_there_is_a_man_page_of_each_command_with_its_examples_in_lines() -> None:
    made = dict(pages())
    assert made.keys() == {"ses-history.1", *(f"ses-history-{name}.1" for name in main.commands)}
    for page in made.values():
        requests = {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))}
        assert requests <= {".TH", ".SH", ".PP", ".B", ".TP", ".nf", ".fi"}
        assert "\b" not in page
        assert page.count(".nf") == page.count(".fi")
    assert "\n.nf\nses-history find ada@example.com " in made["ses-history-find.1"]
    assert (
        "ses-history\\-find \\- Find messages: how many, how they stand, and the newest\n" in made["ses-history-find.1"]
    )
