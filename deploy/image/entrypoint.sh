#!/bin/sh
# Starts the program that the first argument names. exec replaces this script, so signals reach the program itself.
set -eu

# The memory of these processes holds keys and tokens: neither a crash nor a signal may write it to a disk.
ulimit -c 0
guards='--no-report-on-fatalerror --no-report-on-signal --no-report-uncaught-exception --disable-sigusr1'

# A garbage collection may crash in code of V8's baseline compiler (https://github.com/nodejs/node/issues/62393). The
# services are as fast without it.
stable='--no-sparkplug --disable-warning=TimeoutNegativeWarning'

# The bytes of streams are outside the heap. V8 collects all garbage whenever there are 64 MiB more of them, which took a
# fifth to a third of the CPU time of an exec that prints much. Now they count as a part of the heap, which is collected
# when it has grown enough.
stable="$stable --external-memory-accounted-in-global-limit"

program=${1:-help}
[ $# -eq 0 ] || shift

case $program in
  proxy | authenticate | authorize | audit | connector)
    # shellcheck disable=SC2086 # these are several words each
    exec node $guards $stable "/app/packages/$program/dist/bundle/main.js" "$@"
    ;;
  # All services in one process.
  serve)
    # shellcheck disable=SC2086 # these are several words each
    exec node $guards $stable "/app/packages/cli/bin/sallyport.js" serve "$@"
    ;;
  sallyport)
    exec node "/app/packages/cli/bin/sallyport.js" "$@"
    ;;
  # For the Helm chart: creates keys and certificates, and asks every service whether it works.
  create-secrets | check-installation)
    # shellcheck disable=SC2086 # the guards are several words
    exec node $guards "/app/installation/$program.mjs" "$@"
    ;;
  # Checks for containers, because the image has no curl: is the service with this admin port ready, or does this
  # address answer?
  health | responds)
    case $program in health) url=http://127.0.0.1:${1:?the admin port}/readyz ;; *) url=${1:?the address} ;; esac
    exec node -e "require('node:' + new URL(process.argv[1]).protocol.slice(0, -1)).get(process.argv[1], { timeout: 3000 }, ({ statusCode }) => process.exit(statusCode < 400 ? 0 : 1)).on('timeout', () => process.exit(1)).on('error', () => process.exit(1))" "$url"
    ;;
  *)
    if [ -f "/app/development/$program.mjs" ]; then exec node "/app/development/$program.mjs" "$@"; fi
    echo 'Usage: proxy | authenticate | authorize | audit | connector | serve [--config FILE] [--check-config] [--help]' >&2
    echo '       sallyport COMMAND ...' >&2
    echo '       health ADMIN_PORT | responds URL' >&2
    echo '       create-secrets | check-installation [--help]' >&2
    [ "$program" = help ] || [ "$program" = --help ] || exit 2
    ;;
esac
