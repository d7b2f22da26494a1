"""The result as a small page for publishing: Markdown, with a badge as SVG."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path

from memio_contract.lawbook import law_by_id
from memio_contract.outcome import Outcome, Status
from memio_contract.result import Result, Verdict
from memio_contract.table import by_title, counted, headings_of, relaxations, rows

COLOURS: dict[Verdict, str] = {"passed": "#2e7d32", "failed": "#c62828", "incomplete": "#b26a00"}
_LABEL = "memio contract"
_CHARACTER = 6.6
"""The width of a character of the badge, in pixels, with some room to spare."""
_BADGE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {message}">
 <title>{label}: {message}</title>
 <rect width="{left}" height="20" rx="3" fill="#424242"/>
 <rect x="{left}" width="{right}" height="20" rx="3" fill="{colour}"/>
 <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
  <text x="{left_middle}" y="14">{label}</text>
  <text x="{right_middle}" y="14">{message}</text>
 </g>
</svg>
"""


def write_scorecard(result: Result, path: Path, *, title: str, provider: str = "") -> Path:
    """Write the page to a path, and the badge to the same name in `.svg`.

    Args:
        result: What to show.
        path: The page, in Markdown.
        title: The name of what was checked.
        provider: The distribution of the provider and its version, where it is installed as one.

    Returns:
        The path of the badge.
    """
    image = path.with_suffix(".svg")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.write_text(badge(result), encoding="utf-8")
    today = datetime.now(UTC).date()
    lines = page(result, title=title, provider=provider, image=image.name, today=today)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return image


def badge(result: Result) -> str:
    """Return the badge: how many of the laws that apply were passed, green only when nothing failed or is missing."""
    counts = result.counts
    apply = sum(counts.values()) - counts[Status.NOT_APPLICABLE]
    message = f"{counts[Status.PASSED]}/{apply} laws"
    if result.verdict != "passed":
        message = f"{result.verdict}, {message}"
    left, right = (round(len(text) * _CHARACTER) + 12 for text in (_LABEL, message))
    return _BADGE.format(
        label=escape(_LABEL),
        message=escape(message),
        width=left + right,
        left=left,
        right=right,
        left_middle=left / 2,
        right_middle=left + right / 2,
        colour=COLOURS[result.verdict],
    )


def page(result: Result, *, title: str, provider: str, image: str, today: date) -> Iterator[str]:
    """Yield the lines of the page."""
    facts = {
        "verdict": f"**{result.verdict}**",
        "laws": _counted(result),
        "date": today.isoformat(),
        "provider": provider,
        "suite": f"memio-contract {version('memio-contract')}",
        "core": f"memio-core {version('memio-core')}",
        "run": f"profile `{result.profile}`, seed {result.seed}",
    }
    yield f"# {title} and the memio contract"
    yield ""
    yield f"![{_LABEL}: {result.verdict}]({image})"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield from (f"| {name} | {value} |" for name, value in facts.items() if value)
    yield ""
    yield "Laws passed, by feature or guarantee. A feature that is *not declared* is refused before anything is sent."
    for name, stores in by_title(result).items():
        headings = headings_of(stores)
        yield ""
        yield f"| {name} | {' | '.join(headings)} |"
        yield "|---|" + "---|" * len(headings)
        for row, cells in rows(stores):
            yield f"| {row} | {' | '.join(cells)} |"
    sections = {
        "Failing laws": _laws(result, Status.FAILED),
        "Known faults": _laws(result, Status.EXPECTED_FAILURE),
        "Not run": [f"{counted(times)}: {reason}" for reason, times in _reasons(result, Status.NOT_RUN).items()],
        "Relaxations": list(relaxations(result)) or ["none"],
    }
    for heading, items in sections.items():
        if items:
            yield ""
            yield f"## {heading}"
            yield ""
            yield from (f"- {item}" for item in items)


def _counted(result: Result) -> str:
    counts = result.counts
    return ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])


def _laws(result: Result, status: Status) -> list[str]:
    return [_line(outcome) for outcome in result.all() if outcome.status is status]


def _line(outcome: Outcome) -> str:
    reason = " ".join(outcome.reason.split())
    return f"`{outcome.law}`: {law_by_id(outcome.law).means} ({reason})"


def _reasons(result: Result, status: Status) -> Counter[str]:
    return Counter(outcome.reason for outcome in result.all() if outcome.status is status)
