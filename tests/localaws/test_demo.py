"""The demo, run as `make demo` runs it."""

import pytest

from localaws import demo


def test_the_demo_shows_each_event_under_the_key_that_holds_it(capsys: pytest.CaptureFixture[str]) -> None:
    demo.main()

    lines = capsys.readouterr().out.splitlines()
    assert any(line.endswith(": 24 events in 10 objects") for line in lines)
    assert sum(line.startswith("events/day=") for line in lines) == 10
    sent = {line.split()[1] for line in lines if line.startswith("  ") and "@" in line.split()[0]}
    shown = [line for line in lines if line.startswith("  20")]
    assert len(sent) == 10
    assert len(shown) == 24
    assert {line.split()[-1] for line in shown} == sent
    assert lines[-1].endswith("nothing left running")
