"""The report of a check as lines for a person: a table of buckets, then what was found in them."""

from snapplatform.storage.findings import Kind, Report

_MEANING = {
    Kind.MISSING: "rows without a file (--repair missing deletes the rows with their snapshots)",
    Kind.ORPHANED: "files without a row (--repair orphaned puts them into the garbage)",
    Kind.WRONG_SIZE: "files of another size than their row says (--repair wrong deletes both)",
    Kind.WRONG_HASH: "files with other bytes than their row says (--repair wrong deletes both)",
    Kind.UNREADABLE: "can't be read, or are no files; look at the folder",
    Kind.TEMPORARY: "left by writers that died (the worker sweeps them; or --repair temporary)",
    Kind.GARBAGE: "waiting to be deleted for over an hour; does the worker run, may it write there?",
    Kind.FOREIGN: "not ours; never touched",
}


def lines_of(reports: list[Report], *, repair: bool) -> list[str]:
    """Everything that `check_storage` prints as text."""
    lines = _table(reports)
    for report in reports:
        lines += _details(report)
    lines.append("")
    if all(report.ok for report in reports):
        lines.append("Everything is fine." if not repair else "Everything is fine now.")
    elif repair:
        lines.append("Not everything could be repaired; see above.")
    else:
        lines.append("Something is wrong. Nothing was changed; --repair mends (docs/storage.md).")
    return lines


def _table(reports: list[Report]) -> list[str]:
    rows = [["account", "bucket", "rows", "files", *(kind.value for kind in Kind)]]
    for report in reports:
        counts = [report.rows, report.files, *(report.found[kind] for kind in Kind)]
        names = [str(report.bucket.account), str(report.bucket)]
        rows.append(names + [f"{count:,}" for count in counts])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _details(report: Report) -> list[str]:
    lines = [problem for problem in (report.trouble, report.stopped) if problem]
    for kind in Kind:
        count = report.found[kind]
        if not count:
            continue
        lines.append(f"{count:,} {kind.value}: {_MEANING[kind]}")
        if report.repaired[kind]:
            lines.append(f"  {report.repaired[kind]:,} repaired")
        if report.vanished[kind]:
            lines.append(f"  {report.vanished[kind]:,} had changed by then and were left alone")
        shown = report.examples.get(kind, [])
        lines += [f"  {example}" for example in shown]
        if count > len(shown):
            lines.append(f"  and {count - len(shown):,} more")
    return (
        ["", f"{report.bucket} of {report.bucket.account}:", *(f"  {line}" for line in lines)]
        if lines
        else []
    )
