"""The zone of times: this machine's, unless the options name another."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from tests.reader.support import Run, message, put

COMMAND = str(Path(sys.executable).with_name("ses-history"))


@pytest.fixture(autouse=True)
def sent(folder: Path) -> None:
    """A message that is sent on Sunday in London and on Monday in Tokyo."""
    [made] = message("m", ["a@example.com"], "send")
    made["mail"]["timestamp"] = "2026-11-22T16:00:00.000Z"
    put(folder, [made])


def with_tz(value: str, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command on a machine of that zone."""
    store = folder.parent / "store.duckdb"
    environment = os.environ | {"TZ": value, "SES_HISTORY": str(folder), "SES_HISTORY_STORE": str(store)}
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("value", ["Asia/Tokyo", ":Asia/Tokyo"])
def test_times_and_days_are_those_of_this_machine_and_the_heading_names_its_zone(value: str, folder: Path) -> None:
    found = with_tz(value, folder, "find", "--since", "2026-11-23").stdout
    assert "times in Asia/Tokyo" in found
    assert "2026-11-23 01:00:00" in found
    assert "day (Asia/Tokyo)" in with_tz(value, folder, "stats").stdout
    assert with_tz(value, folder, "find", "--since", "2026-11-23", "--utc").returncode == 1


def test_json_is_in_utc_wherever_the_machine_is(folder: Path) -> None:
    assert '"sent_at": "2026-11-22T16:00:00.000Z"' in with_tz("Asia/Tokyo", folder, "find", "--json").stdout


@pytest.mark.parametrize("command", ["find", "stats", "show", "health"])
@pytest.mark.parametrize("value", ["JST-9", "{copy}"])
def test_a_machine_whose_zone_has_no_name_is_told_to_give_one(
    value: str, command: str, folder: Path, tmp_path: Path
) -> None:
    copyfile(Path("/usr/share/zoneinfo/Asia/Tokyo"), tmp_path / "localtime")
    arguments = [command, *(["m"] if command == "show" else [])]
    ran = with_tz(value.format(copy=tmp_path / "localtime"), folder, *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    refused = "this machine does not tell the name of its time zone: give one, such as --tz Asia/Tokyo, or set TZ to it"
    assert ran.stderr.splitlines()[-1] == f"Error: {refused}"
    assert with_tz("JST-9", folder, *arguments, "--tz", "Asia/Tokyo").returncode == 0


@pytest.mark.parametrize(
    ("options", "day", "name"),
    [
        (("--tz", "Asia/Tokyo"), "2026-11-23 01:00:00", "Asia/Tokyo"),
        (("--tz", "America/New_York"), "2026-11-22 11:00:00", "America/New_York"),
        (("--tz", "UTC"), "2026-11-22 16:00:00", "UTC"),
        (("--utc",), "2026-11-22 16:00:00", "UTC"),
    ],
)
def test_the_options_name_another_zone(options: tuple[str, ...], day: str, name: str, run: Run) -> None:
    found = run("find", *options).stdout
    assert day in found
    assert f"times in {name}\n" in found


def test_days_of_an_option_before_the_zone_are_of_the_zone_as_well(run: Run) -> None:
    assert run("find", "--since", "2026-11-23", "--tz", "Asia/Tokyo").exit_code == 0
    assert run("find", "--since", "2026-11-23", "--utc").exit_code == 1


@pytest.mark.parametrize(
    ("name", "near"), [("Asia/Tokio", "Asia/Tokyo"), ("Europ/Berlin", "Europe/Berlin"), ("東京", "Asia/Tokyo")]
)
def test_an_unknown_zone_is_answered_with_the_nearest(name: str, near: str, run: Run) -> None:
    refused = run("find", "--tz", name)
    assert refused.exit_code == 2
    assert f"unknown time zone {name!r}: use a name such as " in refused.stderr
    assert near in refused.stderr


@pytest.mark.parametrize("name", ["", "../etc/passwd", "/etc/localtime", "Asia", "a\x00b"])
def test_what_is_no_name_of_a_zone_is_refused(name: str, run: Run) -> None:
    refused = run("find", "--tz", name)
    assert refused.exit_code == 2
    assert "unknown time zone" in refused.stderr
