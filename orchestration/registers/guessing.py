"""How hard a secret is to guess, as far as its own characters tell.

Finds what is plainly weak: one character many times, a row of keys, a word of the guides. That a
secret passes does not make it a good one; only chance does.
"""

import math
import re

# Of 20,000 keys of 32 random hexadecimal digits, counted so, the least had 71 and half had 118.
ENOUGH_BITS = 64
_SHORTEST_REPEAT = 3
# What the guides and the habits of people put where a secret should stand.
_WORDS = re.compile(
    "hemlighet|hemlig|lösenord|pseudonym|nyckeln|nyckel|exempel|byt ?ut|ändra|slumpad|tecken|minst"
    "|secrets|secret|password|passwd|example|changeme|change|sample|dummy|default|admin|token_hex"
    "|import|print|python3?|qwerty|asdf|test|demo|avvik|stockholm|kommun|socialtj[aä]nst|key"
    "|(?:19|20)[0-9]{2}",
    re.IGNORECASE,
)


def bits_of(secret: str) -> float:
    """Count the bits that the characters of a secret are worth at most.

    Args:
        secret: The secret, without its version.

    Returns:
        The characters that are new (no well-known word, no repetition of what came before, no step
        in a row as `abcd` or `8765`), each worth as much as the secret's own characters are many.
    """
    text = _WORDS.sub("\0", secret)
    kinds = len(set(text) - {"\0"})
    return _new_characters(text) * math.log2(kinds) if kinds > 1 else 0.0


def _new_characters(text: str) -> int:
    count = place = 0
    while place < len(text):
        length = _repeated(text, place)
        if length >= _SHORTEST_REPEAT:
            place += length
        elif text[place] != "\0" and not _goes_on(text, place):
            count += 1
            place += 1
        else:
            place += 1
    return count


def _repeated(text: str, place: int) -> int:
    """How many characters from a place on stand earlier as well, overlapping or not."""
    length = 0
    while place + length < len(text) and text.find(text[place : place + length + 1]) < place:
        length += 1
    return length


def _goes_on(text: str, place: int) -> bool:
    """Whether a character takes the same small step as the one before it."""
    if place < 2:  # noqa: PLR2004 (a step needs two)
        return False
    first, second, third = (ord(each) for each in text[place - 2 : place + 1])
    return third - second == second - first and abs(third - second) <= 1
