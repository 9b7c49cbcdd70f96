#!/bin/sh
# Creates the Ed25519 keys of the four services, the one that signs checkpoints of the audit trail, and the key (P-256) that
# signs what web applications learn about their users. Prints them as Secrets, with a ConfigMap of the public keys, and
# stores them in no file.
#   k8s/make-keys.sh | kubectl apply -f -
# Running it again creates new keys: restart all four Deployments afterwards. First save the public key of the old
# checkpoints (checkpoints-public.pem in the ConfigMap), and name it in audit.checkpoints.retiredKeys.
set -eu
namespace=${1:-sallyport}
umask 077

checkpoints=$(openssl genpkey -algorithm ed25519)
public="  checkpoints-public.pem: |
$(printf '%s\n' "$checkpoints" | openssl pkey -pubout | sed 's/^/    /')
"
cat << EOF
apiVersion: v1
kind: Secret
metadata: {name: sallyport-checkpoint-key, namespace: $namespace, labels: {app.kubernetes.io/part-of: sallyport}}
type: Opaque
stringData:
  checkpoints.pem: |
$(printf '%s\n' "$checkpoints" | sed 's/^/    /')
---
EOF
cat << EOF
apiVersion: v1
kind: Secret
metadata: {name: sallyport-identity-key, namespace: $namespace, labels: {app.kubernetes.io/part-of: sallyport}}
type: Opaque
stringData:
  identity.pem: |
$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | sed 's/^/    /')
---
EOF
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
