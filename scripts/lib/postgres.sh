# A throw-away PostgreSQL cluster on a unix socket. Sourced, not run.

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Finds a PostgreSQL program, which Debian keeps out of the PATH.
pg() {
  command -v "$1" || find /usr/lib/postgresql -path "*/bin/$1" 2>/dev/null | sort -V | tail -n 1 | grep .
}

# PostgreSQL refuses to run as root, so root lends it the user that Debian's package made.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# start_cluster DIR OPTIONS: makes and starts a cluster in DIR, which also holds its socket.
start_cluster() {
  local dir=$1 options=$2
  mkdir -p "$dir"
  if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
  (
    cd "$dir"
    as_postgres "$(pg initdb)" -D "$dir/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync >initdb.log
    as_postgres "$(pg pg_ctl)" -D "$dir/data" -l server.log -w start \
      -o "-k $dir -c listen_addresses= $options" >/dev/null
  )
}

# stop_cluster DIR: stops the cluster in DIR at once, if it runs.
stop_cluster() {
  if [ -f "$1/data/postmaster.pid" ]; then
    (cd / && as_postgres "$(pg pg_ctl)" -D "$1/data" -m immediate -w stop >/dev/null)
  fi
}
