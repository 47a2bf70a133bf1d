"""The files that the law asks every municipality for, as a way in: one declaration each.

What a file is, which register it feeds, which indicators it can count and which it cannot, and what
is not known of it. A layout that has not been read anywhere is not made up: its file is declared as
one that cannot be read. How a mapping becomes SQL belongs in `registers.mapping`, reading files in
`registers.layout`.
"""
