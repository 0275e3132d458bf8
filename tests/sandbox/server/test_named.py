"""Things are found by every name that means them."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from mlinfra.sandbox.server.named import Key, Named, means

PARTS = st.text("ab/:", max_size=4) | st.integers(0, 1) | st.none()
KEYS = st.lists(PARTS, min_size=1, max_size=2).map(tuple)


@given(st.lists(st.tuples(KEYS, st.booleans())), KEYS)
def test_find_finds_what_looking_at_each_would(changes: list[tuple[Key, bool]], wanted: Key) -> None:
    named, plain = Named[int](), dict[Key, int]()
    for number, (key, deleted) in enumerate(changes):
        if deleted and key in plain:
            del named[key], plain[key]
        else:
            named[key] = plain[key] = number
    found = named.find(wanted)
    assert dict(named) == plain
    if wanted in plain:
        assert found == (wanted, plain[wanted])
    elif found is None:
        assert not any(means(key, wanted) for key in plain)
    else:
        assert means(found[0], wanted)
        assert plain[found[0]] == found[1]


def test_it_is_kept_whole() -> None:
    named = Named[str]()
    named["arn:aws:s3:::data",] = "one"
    kept = pickle.loads(pickle.dumps(named))
    assert kept.find(("data",)) == (("arn:aws:s3:::data",), "one")
    del kept["arn:aws:s3:::data",]
    assert kept.find(("data",)) is None
