"""`python -m orchestration` is `avvik`; nothing else belongs here."""

from orchestration.cli import main

main()
