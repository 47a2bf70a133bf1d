"""What is said of how the program is used: Swedish on every screen, with what to do, and code 2."""

import re
import shlex
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.cli.framework import Command, Group, Misuse

PROGRAM: Any = get_command(app)
# Those of a group have its name before theirs.
COMMANDS: dict[str, Any] = PROGRAM.commands | {
    f"{group} {name}": command
    for group, each in PROGRAM.commands.items()
    if isinstance(each, Group)
    for name, command in getattr(each, "commands").items()  # noqa: B009 (typer's own type)
}
NAMES = sorted(COMMANDS)
# What the framework says where nobody has seen to it, and what any English sentence holds.
ENGLISH = re.compile(
    r"\b(usage|options?|arguments|commands?|missing|required?s?|default|error|invalid|values?"
    r"|no such|did you mean|possible|unexpected|extra|show|this|message|exit|try|for|the|is|not"
    r"|does|must|should|input|valid|parse|file|directory|range|path|integer|aborted)\b(?!=)",
    re.IGNORECASE,
)


def typed(line: str) -> Result:
    return CliRunner().invoke(app, shlex.split(line), env={"COLUMNS": "80"})


def english(text: str) -> list[str]:
    """The English words of a screen, apart from what is typed as it stands."""
    prose = re.sub(
        r"--[a-z-]+|check-file|”[^”]*”|\b\w+[./]\S+|table\|json\|csv|table, json|\"from", "", text
    )
    return ENGLISH.findall(prose)


def test_every_command_is_told_english() -> None:
    assert isinstance(PROGRAM, Group)
    assert len(NAMES) >= 12
    assert english("Try 'avvik run --help' for help.") == ["Try", "for"]
    assert "sample draw" in NAMES
    assert all(isinstance(each, Command | Group) for each in COMMANDS.values())


@pytest.mark.parametrize("asked", ["--help", "-h"])
@pytest.mark.parametrize("name", ["", *NAMES])
def test_help_is_swedish_and_fits_eighty_columns(name: str, asked: str) -> None:
    result = typed(f"{name} {asked}")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.startswith(f"Användning: avvik {name}".rstrip())
    assert "-h, --help" in result.stdout
    assert english(result.stdout) == []
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("name", ["", *NAMES])
def test_everything_that_can_be_typed_has_a_form_and_a_help(name: str) -> None:
    command = COMMANDS[name] if name else PROGRAM
    shown = typed(f"{name} --help").stdout
    for parameter in command.params:
        assert parameter.help, parameter
        if not getattr(parameter, "is_flag", False):
            assert parameter.metavar, parameter
            assert parameter.metavar in shown
        # What the framework would convert by itself, it would also refuse in English.
        assert parameter.type_descriptor.annotation in {bool, list[str]} or (
            parameter.type_descriptor.parameter_info.parser is not None
        ), parameter


WRONG = [
    ("frun", "Det finns inget kommando frun. Menade du run?"),
    ("xyzzy", "Det finns inget kommando xyzzy."),
    ("-- --run", "Det finns inget kommando --run."),
    ("--hepl", "Det finns ingen flagga --hepl. Menade du --help?"),
    ("-x", "Det finns ingen flagga -x."),
    ("--version=1", "--version tar inget värde."),
    ("run --yera 2023", "Det finns ingen flagga --yera. Menade du --year?"),
    ("run -q", "Det finns ingen flagga -q."),
    ("run --year", "--year saknar sitt värde. Gör så här: skriv --year ÅÅÅÅ."),
    ("run --help=1", "--help tar inget värde."),
    ("run 2023 2024", "Det som står sist är för mycket: 2023, 2024."),
    ("rekey --accept-unlinked=ja", "--accept-unlinked tar inget värde."),
    ("query", "SQL saknas. Gör så här: skriv SQL (En fråga till"),
    ("query a b", "Det som står sist är för mycket: b."),
    ("confirm", "LEVERANS saknas."),
    ("confirm x", "--reason saknas. Gör så här: skriv --reason SKÄL (Varför"),
    ("check-file", "FIL saknas."),
    ("sample drw", "Det finns inget kommando drw. Menade du draw?"),
    ("sample draw", "--size saknas. Gör så här: skriv --size ANTAL (Hur många"),
    ("sample draw --size 9 --strata ras", "--strata: ”ras” går inte. Gör så här: skriv ett eller"),
    ("sample draw --size 9 --register vald", "--register: stickprov dras än bara ur boendestod"),
    ("sample agreement", "KATALOG saknas."),
    ("query ''", "SQL: ingen fråga är skriven."),
    ("query ' ; '", "SQL: ingen fråga är skriven."),
    ("query '/* bara en kommentar */'", "SQL: ingen fråga är skriven."),
    ("run --year 20x4", "--year: ”20x4” går inte. Gör så här: skriv ett årtal mellan 1990 och"),
    ("run --year 1989", "--year: ”1989” går inte."),
    ("run --year 2_023", "--year: ”2_023” går inte."),
    ("run --year ''", "--year: ”” går inte."),
    ("run --profile prov", "--profile: ”prov” går inte. Gör så här: skriv demo eller live, som"),
    ("run --as-of igår", "--as-of: ”igår” går inte. Gör så här: skriv en dag (ÅÅÅÅ-MM-DD)"),
    ("run --as-of 2026-02-30", "--as-of: ”2026-02-30” går inte."),
    ("run --home ''", "--home: inget är skrivet."),
    ("run --inbox ' '", "--inbox: inget är skrivet."),
    ("run --home /etc/passwd/x", "Flaggan --home är ”/etc/passwd/x”, men ”/etc/passwd” är en"),
    ("verify --home /etc/passwd", "Flaggan --home är ”/etc/passwd”, men ”/etc/passwd” är en fil."),
    ("deviations --format xml", "--format: ”xml” går inte. Gör så här: skriv table, json eller"),
    ("serve --port 0", "--port: ”0” går inte. Gör så här: skriv ett tal mellan 1 och 65535, som"),
    ("serve --port tre", "--port: ”tre” går inte."),
    ("confirm '' --reason x", "LEVERANS: inget är skrivet."),
    ("confirm x --reason ' '", "--reason: inget är skrivet."),
    ("check-file /finns/inte.csv", "FIL: /finns/inte.csv finns inte."),
    ("check-file /etc", "FIL: /etc är ingen fil."),
    ("check-file /etc/passwd --workbook fel.csv", "--workbook: ”fel.csv” går inte."),
    ("check-file /etc/passwd --workbook /ej/fel.xlsx", "--workbook: katalogen /ej finns inte."),
    ("check-file /etc/passwd --municipality-file /ej.yml", "--municipality-file: /ej.yml finns"),
    ("check-file /etc/passwd --register ''", "--register: inget är skrivet."),
    ("demo --faults ej", "ej"),
]


@pytest.mark.parametrize(("line", "told"), WRONG, ids=[line for line, _ in WRONG])
def test_wrong_usage_is_told_in_swedish_before_anything_is_done(
    line: str, told: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AVVIK_HOME", raising=False)
    result = typed(line)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert told in result.stderr
    assert english(result.stderr) == []
    assert list(tmp_path.iterdir()) == []


def test_whoever_types_nothing_is_shown_the_help() -> None:
    for line in ("", "--"):
        result = typed(line)
        assert result.exit_code == 2
        assert "Kommandon:" in result.stdout


def test_the_version_is_told() -> None:
    result = typed("--version")
    assert result.exit_code == 0
    assert re.fullmatch(r"avvik \d+\.\d+\.\d+\n", result.stdout)


def test_what_was_typed_is_shown_as_text_and_names_nobody() -> None:
    for line in ("$'x'", "run --year '\x1b[2J19121212-1212'", "query a '[red]19121212-1212'"):
        said = typed(line).stderr
        assert "\x1b" not in said
        assert "1212-1212" not in said


class Odd(typer.TyperException):
    """A fault of a kind that nobody has met."""


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Odd("Something new"), 2),
        (typer.BadParameter("Input should be a valid integer"), 2),
        (typer.Abort(), 1),
        (EOFError(), 1),
        (typer.Exit(7), 7),
    ],
    ids=["unknown", "parameter", "abort", "end of input", "exit"],
)
def test_what_the_framework_may_say_one_day_is_not_shown_in_english(
    fault: Exception, code: int
) -> None:
    program = typer.Typer(cls=Group)

    @program.callback()
    def begin() -> None:
        """Börja."""

    @program.command(cls=Command)
    def work(year: int = typer.Option(2023, help="År.", metavar="ÅÅÅÅ")) -> None:
        """Arbeta."""
        raise fault

    result = CliRunner().invoke(program, ["work"])
    assert result.exit_code == code
    assert english(result.output) == []
    assert "Something" not in result.output
    converted = CliRunner().invoke(program, ["work", "--year", "x"])
    assert converted.exit_code == 2
    assert converted.stderr.startswith("--year: värdet går inte. Gör så här: skriv --year ÅÅÅÅ (År")
    assert english(converted.stderr) == []


def test_a_caller_that_goes_on_gets_the_fault_itself() -> None:
    with pytest.raises(Misuse, match="inget kommando"):
        PROGRAM.main(["xyzzy"], standalone_mode=False)
    assert PROGRAM.main(["--version"], standalone_mode=False) == 0


def test_completion_is_not_stood_in_the_way() -> None:
    """A shell asks with what is half typed, and must get neither a fault nor a page of help."""
    result = CliRunner().invoke(
        app,
        [],
        env={
            "_AVVIK_COMPLETE": "complete_bash",
            "COMP_WORDS": "avvik run --year x --pro",
            "COMP_CWORD": "4",
        },
    )
    assert result.stdout.strip() == "--profile"
