from __future__ import annotations

from tools.page_text import page_text

PAGE = """<!doctype html><html><head><title>The
 News</title><style>p { color: red }</style><script>alert("no")</script></head>
<body><nav>Home | About</nav><h1>Rain &amp; wind</h1><p>It <b>rains</b>
today.</p><ul><li>one<li>two</ul><script>if (1 < 2) { no() }</script>Bye</body></html>"""


def test_only_readable_words_are_left() -> None:
    assert page_text(PAGE) == ("The News", "Rain & wind\nIt rains\ntoday.\none\ntwo\nBye")


def test_broken_markup_is_read_as_it_is() -> None:
    assert page_text("<p>one<div><<b>two</p></svg> three<") == ("", "one\n<two\nthree<")
    assert page_text("") == ("", "")
