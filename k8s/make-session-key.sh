#!/bin/sh
# Creates the key that seals refresh tokens in Redis. Prints it as a Secret and stores it in no file.
#   k8s/make-session-key.sh | kubectl apply --server-side -f -
# Do not run it again while the key is in use. docs/operations/sessions.md explains how to rotate it.
set -eu
namespace=${1:-sallyport}
umask 077
cat << EOF
apiVersion: v1
kind: Secret
metadata: {name: sallyport-session-key, namespace: $namespace, labels: {app.kubernetes.io/part-of: sallyport}}
type: Opaque
stringData:
  key: $(openssl rand -base64 32)
EOF
