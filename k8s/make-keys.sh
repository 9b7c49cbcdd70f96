#!/bin/sh
# Creates the Ed25519 keys of the four services. Prints them as Secrets, with a ConfigMap of the public keys, and stores
# them in no file.
#   k8s/make-keys.sh | kubectl apply -f -
# Running it again creates new keys: restart all four Deployments afterwards.
set -eu
namespace=${1:-sallyport}
umask 077

public=''
for service in authenticate authorize proxy audit; do
  private=$(openssl genpkey -algorithm ed25519)
  half=$(printf '%s\n' "$private" | openssl pkey -pubout -outform DER | openssl base64 -A)
  public="$public  $service.pub: $half
"
  cat << EOF
apiVersion: v1
kind: Secret
metadata: {name: sallyport-$service-key, namespace: $namespace, labels: {app.kubernetes.io/part-of: sallyport}}
type: Opaque
stringData:
  private.pem: |
$(printf '%s\n' "$private" | sed 's/^/    /')
---
EOF
done
cat << EOF
apiVersion: v1
kind: ConfigMap
metadata: {name: sallyport-public-keys, namespace: $namespace, labels: {app.kubernetes.io/part-of: sallyport}}
data:
$public
EOF
