#!/bin/sh
# Starts the program that the first argument names. It is replaced by it, so that signals reach the program itself.
set -eu

# Neither a crash nor a signal may write the process's memory, with keys and tokens in it, to a disk.
ulimit -c 0
guards='--no-report-on-fatalerror --no-report-on-signal --no-report-uncaught-exception --disable-sigusr1'

program=${1:-help}
[ $# -eq 0 ] || shift

case $program in
  proxy | authenticate | authorize | audit)
    # shellcheck disable=SC2086 # the guards are several words
    exec node $guards --disable-warning=TimeoutNegativeWarning "/app/packages/$program/dist/main.js" "$@"
    ;;
  sallyport)
    exec node "/app/packages/cli/dist/sallyport.mjs" "$@"
    ;;
  # health PORT: exit 0 if the service with that admin port is ready.
  health)
    exec node -e 'require("node:http").get({ port: process.argv[1], path: "/readyz", timeout: 2000 }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on("timeout", () => process.exit(1)).on("error", () => process.exit(1))' "${1:?the admin port}"
    ;;
  *)
    if [ -f "/app/development/$program.mjs" ]; then exec node "/app/development/$program.mjs" "$@"; fi
    echo 'Usage: proxy | authenticate | authorize | audit [--config FILE] [--check-config] [--help]' >&2
    echo '       sallyport COMMAND ...' >&2
    echo '       health ADMIN_PORT' >&2
    [ "$program" = help ] || [ "$program" = --help ] || exit 2
    ;;
esac
