"""What the framework of the command line says: help and wrong usage, in Swedish as all the rest.

Typer has its words in English in the code, most of them beyond the reach of a translation, so none
of them is shown: help is written here, and a fault is told by its kind and by what it is about. A
kind that is not known here gets a sentence of its own rather than the framework's. Which commands
there are, and what may be typed to them, belongs in `commands` and `inputs`.
"""

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from orchestration.cli.output import MISUSE, errors
from orchestration.outside import shown

PROGRAM: Final = "avvik"
HELP_OPTIONS: Final = ("-h", "--help")
_STOPPED = 1


class Misuse(typer.BadParameter):
    """What was typed cannot be used; the text is Swedish and says what to do."""


class Command(TyperCommand):
    """A command whose help and faults are Swedish."""

    # Else the framework says in English what is too much.
    allow_extra_args = True

    def get_help_option(self, ctx: Any) -> Any:
        """The option that shows the help."""
        return _in_swedish(super().get_help_option(ctx))

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write how the command is typed."""
        _write_usage(self, ctx, formatter)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        _write_help(self, ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what was typed."""
        rest = _parsed(super().parse_args, ctx, args)
        if rest and not ctx.resilient_parsing:
            many = ", ".join(shown(each) for each in rest)
            raise Misuse(
                f"Det som står sist är för mycket: {many}. Gör så här: ta bort det, eller sätt"
                " citattecken om det som hör ihop.",
                ctx=ctx,
            )
        return rest


class Group(TyperGroup):
    """The program: its commands, and how it ends."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option that shows the help."""
        return _in_swedish(super().get_help_option(ctx))

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write how the program is typed."""
        _write_usage(self, ctx, formatter)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        _write_help(self, ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what was typed."""
        return _parsed(super().parse_args, ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed."""
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            near = get_close_matches(args[0], self.list_commands(ctx))
            raise Misuse(f"Det finns inget kommando {shown(args[0])}.{_perhaps(near)}", ctx=ctx)
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command, and end with its exit code where the caller does not want to go on."""
        standalone_mode = extra.get("standalone_mode", True)
        extra |= {"prog_name": PROGRAM, "standalone_mode": False}
        try:
            code = super().main(*args, **extra)
        except typer.Abort:
            if not standalone_mode:
                raise
            errors.print("Avbrutet.")
            sys.exit(_STOPPED)
        except typer.TyperException as fault:
            if not standalone_mode:
                raise
            _tell(fault)
            sys.exit(MISUSE)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


def _parsed(parse: Any, ctx: Any, args: list[str]) -> list[str]:
    try:
        rest: list[str] = parse(ctx, args)
    except typer.TyperException as fault:
        # Some faults come without word of what was being read.
        if getattr(fault, "ctx", None) is None:
            setattr(fault, "ctx", ctx)  # noqa: B010 (not all kinds declare it)
        raise
    return rest


def _in_swedish(option: Any) -> Any:
    if option is not None:
        option.help = "Visa den här hjälpen."
    return option


def _write_usage(command: Any, ctx: Any, formatter: Any) -> None:
    formatter.write_usage(ctx.command_path, " ".join(_usage(command, ctx)), prefix="Användning: ")


def _usage(command: Any, ctx: Any) -> Iterator[str]:
    yield "[FLAGGOR]"
    for parameter in command.get_params(ctx):
        if parameter.required:
            yield _signature(parameter) if parameter.opts[0].startswith("-") else _name(parameter)
    if isinstance(command, TyperGroup):
        yield "KOMMANDO"


def _write_help(command: Any, ctx: Any, formatter: Any) -> None:
    _write_usage(command, ctx, formatter)
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(command.help)
    arguments: list[tuple[str, str]] = []
    options: list[tuple[str, str]] = []
    for parameter in command.get_params(ctx):
        row = (_signature(parameter), parameter.help or "")
        (options if parameter.opts[0].startswith("-") else arguments).append(row)
    commands = []
    if isinstance(command, TyperGroup):
        commands = [(name, each.help) for name, each in command.commands.items()]
    for title, rows in (
        ("Argument", arguments),
        ("Flaggor", options),
        ("Kommandon", commands),
    ):
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)
    if commands:
        formatter.write_paragraph()
        formatter.write_text(f"Mer om ett kommando: {ctx.command_path} KOMMANDO --help")


def _name(parameter: Any) -> str:
    """A parameter as it is called where it is told of."""
    if parameter.opts[0].startswith("-"):
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name.upper())


def _signature(parameter: Any) -> str:
    """A parameter as it is typed."""
    if not parameter.opts[0].startswith("-"):
        return _name(parameter)
    names = ", ".join(sorted(parameter.opts, key=len))
    return names if parameter.is_flag else f"{names} {parameter.metavar or 'VÄRDE'}"


def _described(parameter: Any) -> str:
    return f"{_signature(parameter)} ({str(parameter.help).rstrip('.')})."


def _tell(fault: typer.TyperException) -> None:
    ctx = getattr(fault, "ctx", None)
    errors.print(_told(fault, ctx), soft_wrap=True)
    if ctx is not None:
        errors.print(f"Mer hjälp: {ctx.command_path} --help", soft_wrap=True)


def _told(fault: Any, ctx: Any) -> str:
    parameter = getattr(fault, "param", None)
    # By name: the framework keeps most of its kinds to itself.
    kind = type(fault).__name__
    if isinstance(fault, Misuse):
        about = "" if parameter is None else f"{_name(parameter)}: "
        return f"{about}{fault.message}"
    if kind == "NoSuchOption":
        return f"Det finns ingen flagga {shown(fault.option_name)}.{_perhaps(fault.possibilities)}"
    if kind == "BadOptionUsage":
        return _told_of_value(fault.option_name, ctx)
    if parameter is not None and kind == "MissingParameter":
        return f"{_name(parameter)} saknas. Gör så här: skriv {_described(parameter)}"
    if parameter is not None and kind == "BadParameter":
        return f"{_name(parameter)}: värdet går inte. Gör så här: skriv {_described(parameter)}"
    return "Det som är skrivet går inte att tolka. Gör så här: se hjälpen."


def _told_of_value(name: str, ctx: Any) -> str:
    for parameter in () if ctx is None else ctx.command.get_params(ctx):
        if name in parameter.opts and not parameter.is_flag:
            return f"{shown(name)} saknar sitt värde. Gör så här: skriv {_signature(parameter)}."
    return f"{shown(name)} tar inget värde. Gör så här: skriv bara {shown(name)}."


def _perhaps(near: Any) -> str:
    if not near:
        return ""
    return f" Menade du {' eller '.join(shown(each) for each in sorted(near))}?"
