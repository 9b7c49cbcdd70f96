#!/bin/sh
# Makes the key that seals refresh tokens in Redis and prints it as a Secret. It stays in no file.
#   k8s/make-session-key.sh | kubectl apply --server-side -f -
# Not to be run again for a key that is in use: see "Sessions" in docs/operations.md for how to rotate it.
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
