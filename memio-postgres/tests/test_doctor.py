"""What the command line shows of a database."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from memio.providers.postgres.settings import place_of


def doctor(folder, dsn, schema):
    (folder / "memio.toml").write_text(
        f'facts = "postgres"\ngraph = "postgres"\n[providers.postgres]\ndsn = "{dsn}"\nschema_name = "{schema}"\n'
    )
    command = [sys.executable, "-m", "memio", "doctor", "--json", "--timeout", "60"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_doctor_shows_host_and_database_and_no_password(dsn, schema, tmp_path):
    parts = urlsplit(dsn)
    login = parts._replace(netloc=f"{parts.username or 'memio'}:hunter2@{parts.netloc.rpartition('@')[2]}").geturl()
    done = doctor(tmp_path, login, schema)
    assert "hunter2" not in done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["ok"], report
    settings = {each["name"]: each["value"] for each in report["stores"][0]["settings"]}
    assert settings["dsn"] == f"{place_of(dsn)} (the rest is not shown)"
    assert [command["error"] for command in report["commands"] if command["name"] == "postgres"] == [None]


def test_doctor_reports_a_server_that_does_not_answer(dsn, schema, tmp_path):
    done = doctor(tmp_path, "postgresql://app:hunter2@127.0.0.1:1/memory", schema)
    assert "hunter2" not in done.stdout + done.stderr
    errors = [store["error"] for store in json.loads(done.stdout)["stores"]]
    assert all("127.0.0.1:1/memory" in error and "cannot be reached" in error for error in errors)


def test_the_program_of_the_readme_runs(dsn, schema):
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    program = readme.partition("```python\n")[2].partition("```")[0]
    lines = "\n".join(f"    {line}" for line in program.splitlines())
    place = {"provider": "postgres", "dsn": dsn, "schema_name": schema}
    lines = lines.replace(
        '{"facts": "postgres", "history": "postgres"}', f"dict.fromkeys(['facts', 'history'], {place})"
    )
    source = f"import asyncio\nasync def main():\n{lines}\nasyncio.run(main())"
    assert schema in source
    exec(compile(source, "README.md", "exec"), {})  # noqa: S102  # our own page
