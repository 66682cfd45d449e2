# ruff: noqa: E501 (each line quotes the rule that it deletes)
"""Rules by which totals of lines are read as bytes, or left to others."""

from tests.tasks.comparison.mutation import Mutation

VALUES = "tasks/comparison/files/line_values.py"
WORDS = "tasks/comparison/files/words.py"
QUICK = "tasks/comparison/files/quick_totals.py"

BYTES = (
    Mutation("bytes: no name with an escape", VALUES, "        _expect(not self._escapes or not _ESCAPED_NAME.search(padded, 0, end))\n", ""),
    Mutation("bytes: no end of another name", VALUES, "        _expect(not self._escapes or np.all(self._data[at - 1] != _BACKSLASH))\n", ""),
    Mutation("bytes: null is none", VALUES, "    if nothing.any():", "    if False:"),
    Mutation("bytes: an object begins a line", VALUES, "        _expect(np.all(self._data[self._starts[1:] - 1] == _NEWLINE))\n", ""),
    Mutation("bytes: a name is whole", VALUES, "            at, rows = at[same], rows[same]\n", "            pass\n"),
    Mutation("bytes: each line has a name", VALUES, "len(at) == len(self) and np.all(at > self._starts) and", "len(at) == len(self) and"),
    Mutation("bytes: no line has a name twice", VALUES, " and np.all(at[:-1] < self._starts[1:]))", ")"),
    Mutation("bytes: what has no colon is no name", VALUES, "        _expect(np.all(rows[:, len(name)] == _COLON))\n", ""),
    Mutation("bytes: a space before a value", VALUES, "before = spaced + (len(name) + 1)", "before = spaced * 0 + (len(name) + 1)"),
    Mutation("bytes: a space before some values", VALUES, "if len(rows) and np.all(spaced == spaced[0]):", "if len(rows):"),
    Mutation("bytes: a foretold name is in its line", VALUES, " and np.all((at > self._starts) & (at < self._stops))\n", "\n"),
    Mutation("bytes: a foretold name is in each line", VALUES, "there = not len(missed) and np.all", "there = np.all"),
    Mutation("bytes: a foretold name is nowhere else", VALUES, "if there and most_often(self._data, self._rarest(name)) == len(self) else None", "if there else None"),
    Mutation("bytes: what is foretold is looked for in the data", VALUES, "np.clip(at, 0, self._stops[-1] - 1, out=at)", "at"),
    Mutation("bytes: names are looked for where other lines have them", VALUES, "            if not len(missed):\n                break\n", "            break\n"),
    Mutation("bytes: names at even places", WORDS, "np.equal(part, even, out=here)", "np.equal(part, odd, out=here)"),
    Mutation("bytes: names at odd places", WORDS, "        here |= np.equal(part, odd, out=there)\n", ""),
    Mutation("bytes: a text ends with a quote", VALUES, "        _expect(np.all(~quoted | (rows[lines, end - 1] == _QUOTE)))\n", ""),
    Mutation("bytes: a comma in a text ends nothing", VALUES, "    if quoted.any():\n", "    if False:\n"),
    Mutation("bytes: a group ends", VALUES, "    _expect(np.all(stops[lines, end]))\n", ""),
    Mutation("bytes: a group is nothing of what follows", VALUES, "    rows *= np.arange(rows.shape[1]) < end[:, None]\n", ""),
    Mutation("bytes: a minus", VALUES, "np.where(minus, -amounts, amounts)", "amounts"),
    Mutation("bytes: more than eight digits", VALUES, "    if np.any(count == WORD):\n", "    if False:\n"),
    Mutation("bytes: not too many digits", VALUES, "    _expect(np.all(count <= DIGITS))\n", ""),
    Mutation("bytes: a number ends", VALUES, "    _expect(np.all(begins_with(end, _COMMA) | begins_with(end, _END)))\n", ""),
    Mutation("bytes: decimals of each number", VALUES, "_POWERS[most - decimals]", "_POWERS[0]"),
    Mutation("bytes: all words of a group", VALUES, "codes * len(kinds) + code", "code"),
    Mutation("bytes: a short group begins with no quote", VALUES, "        if ended and not np.any(begins_with(word, _QUOTE)):\n", "        if ended:\n"),
    Mutation("bytes: a short group ends", VALUES, "        if ended and not", "        if not"),
    Mutation("bytes: groups that share a slot", VALUES, "        other |= word != word[place][codes]\n", "        pass\n"),
    Mutation("bytes: two marks in a word", WORDS, "    if np.any(words[held] & below):", "    if False:"),
    Mutation("bytes: marks after the last word", WORDS, "np.flatnonzero(marks[whole:]) + whole", "np.flatnonzero(marks[:0])"),
    Mutation("bytes: all groups of a line", VALUES, "for rows in columns for word in rows.T", "for rows in columns[:1] for word in rows.T"),
    Mutation("bytes: names whose pieces tell their place", WORDS, " and len(set(_pieces(text))) == len(_pieces(text))", ""),
    Mutation("bytes: every piece of a name", WORDS, "    for piece in pieces[1:]:\n        hit", "    for piece in pieces[1:2]:\n        hit"),
    Mutation("bytes: bytes above all digits", WORDS, "((word + _ABOVE) | (word - _ZEROS)) & _HIGH", "(word - _ZEROS) & _HIGH"),
    Mutation("bytes: bytes below all digits", WORDS, "((word + _ABOVE) | (word - _ZEROS)) & _HIGH", "(word + _ABOVE) & _HIGH"),
    Mutation("bytes: sums in sixty-four bits", QUICK, "len(amounts) >= 1 << 63:", "len(amounts) >= 1 << 80:"),
    Mutation("bytes: decimals of each block", QUICK, "one.amounts * 10 ** (places - one.places)", "one.amounts"),
    Mutation("bytes: decimals of each part", QUICK, "amount * 10 ** (PLACES - places)", "amount"),
    Mutation("bytes: names of a readable length", QUICK, " and len(name) <= _LONGEST_NAME", ""),
    Mutation("bytes: names without escapes", QUICK, 'b"\\\\" not in name and ', ""),
    Mutation("bytes: whole lines", QUICK, "rest = file.readline(LONGEST_LINE)", 'rest = b""'),
    Mutation("bytes: what was cancelled is no total", QUICK, "            if self._cancelled.is_set():\n", "            if False:\n"),
    Mutation("bytes: compressed files are left to others", "tasks/comparison/sides/jsonlines.py", "if self.files.compressed or not adding.able:", "if not adding.able:"),
    Mutation("bytes: filtered lines are left to others", "tasks/comparison/sides/jsonlines.py", "if selection.where is None and not self.expressions(selection):", "if not self.expressions(selection):"),
)  # fmt: skip
