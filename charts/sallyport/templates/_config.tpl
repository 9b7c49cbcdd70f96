{{/*
The services in a pod, as a list: one, or all of them if the pod runs `serve`. Takes (dict "service" "proxy").
*/}}
{{- define "sallyport.servicesIn" -}}
{{- toYaml (eq .service "serve" | ternary (list "authenticate" "authorize" "audit" "proxy") (list .service)) -}}
{{- end }}

{{/*
The sallyport.yaml of one service: what all services need, and the sections that only this one reads. So no service needs a
secret of another. That of a single process has all sections, and leaves to it what it makes and keeps itself. Takes
(dict "root" $ "service" "proxy").
*/}}
{{- define "sallyport.config" -}}
{{- $v := .root.Values -}}
{{- $fullname := include "sallyport.fullname" .root -}}
{{- $service := .service -}}
{{- $single := eq $service "serve" -}}
{{- $in := include "sallyport.servicesIn" . | fromYamlArray -}}
{{- $servers := list "redis" "kafka" "postgres" -}}
{{- if $single }}{{ $servers = include "sallyport.dataServers" .root | fromYamlArray }}{{ end -}}
{{- $secrets := "/etc/sallyport/secrets" -}}
{{- $config := dict -}}
{{- if $single }}{{ $_ := set $config "data" "/var/lib/sallyport" }}{{ end -}}
{{- /* Without a certificate in it, the single process issues one. Without the section, it would serve plain HTTP to proxies. */ -}}
{{- $tls := deepCopy $v.gateway.tls.settings -}}
{{- if or (not $single) (include "sallyport.hasGatewayTls" .root) -}}
  {{- $tls = merge (dict "certFile" "/etc/sallyport/gateway-tls/tls.crt" "keyFile" "/etc/sallyport/gateway-tls/tls.key") $tls -}}
{{- end -}}
{{- $_ := set $config "gateway" (dict "url" (include "sallyport.gatewayUrl" .root) "listen" "0.0.0.0:8443" "tls" $tls "trustedProxies" $v.gateway.trustedProxies) -}}
{{- if $v.gateway.proxyProtocol -}}
  {{- $_ := set $config.gateway "proxyProtocol" true -}}
{{- end -}}
{{- if has "proxy" $in -}}
  {{- if include "sallyport.gatewayCaKey" .root -}}
    {{- $_ := set $config.gateway "caFile" "/etc/sallyport/gateway-tls/ca.crt" -}}
  {{- end -}}
  {{- $_ := set $config "downloads" ($v.downloads | default (dict "directory" "/app/downloads")) -}}
{{- end -}}
{{- if and (eq $service "proxy") $v.routes -}}
  {{- $_ := set $config.gateway "identityKeyFile" "/etc/sallyport/keys/identity.pem" -}}
{{- end -}}

{{- $services := dict -}}
{{- /* The kubelet asks the gateway whether all services are ready. They call each other on the loopback interface. */ -}}
{{- if $single }}{{ $_ := set $services "proxy" (dict "adminListen" "0.0.0.0:9183") }}{{ else -}}
{{- range $name, $port := dict "authenticate" 4180 "authorize" 4181 "audit" 4182 "proxy" 0 -}}
  {{- $one := dict "keyFile" "/etc/sallyport/keys/private.pem" "publicKey" (printf "${file:/etc/sallyport/keys/%s.pub}" $name) -}}
  {{- if eq $name "proxy" -}}
    {{- $_ := set $one "adminListen" "0.0.0.0:9183" -}}
    {{- if and (eq $service "proxy") (include "sallyport.hasPeers" $.root) -}}
      {{- $_ := set $one "peer" (dict "address" "${env:POD_IP}:8444") -}}
    {{- end -}}
  {{- else -}}
    {{- $plain := eq $v.internalTls.from "none" -}}
    {{- $_ := set $one "url" (printf "%s://%s-%s:%d" ($plain | ternary "http" "https") $fullname $name (int $port)) -}}
    {{- $_ := set $one "listen" (printf "0.0.0.0:%d" (int $port)) -}}
    {{- $_ := set $one "adminListen" (printf "0.0.0.0:%d" (add (int $port) 5000)) -}}
    {{- if not $plain -}}
      {{- $_ := set $one "caFile" (printf "/etc/sallyport/tls/%s/ca.crt" $name) -}}
      {{- $_ := set $one "certFile" (printf "/etc/sallyport/tls/%s/tls.crt" $name) -}}
      {{- $_ := set $one "tlsKeyFile" (printf "/etc/sallyport/tls/%s/tls.key" $name) -}}
    {{- end -}}
  {{- end -}}
  {{- $_ := set $services $name $one -}}
{{- end -}}
{{- end -}}
{{- $_ := set $config "services" $services -}}

{{- $kafka := dict "brokers" (ternary (list (printf "%s-kafka:9092" $fullname)) $v.kafka.brokers $v.evaluation) "topic" $v.kafka.topic -}}
{{- if $v.kafka.tls -}}
  {{- $_ := set $kafka "tls" ($v.kafka.caSecret.name | empty | not | ternary (dict "caFile" (printf "%s/kafka-ca.crt" $secrets)) true) -}}
{{- end -}}
{{- if $v.kafka.sasl -}}
  {{- $sasl := deepCopy $v.kafka.sasl -}}
  {{- if $v.kafka.passwordSecret.name -}}
    {{- $_ := set $sasl (eq (index $sasl "mechanism") "oauthbearer" | ternary "clientSecret" "password") (printf "${file:%s/kafka-password}" $secrets) -}}
  {{- end -}}
  {{- $_ := set $kafka "sasl" $sasl -}}
{{- end -}}
{{- $ofAudit := list "keep" "keepAnonymous" "retention" "legalHolds" "checkpoints" -}}
{{- $audit := deepCopy $v.audit -}}
{{- range $ofAudit -}}
  {{- if not (has "audit" $in) -}}{{- $_ := unset $audit . -}}{{- end -}}
{{- end -}}
{{- if has "kafka" $servers -}}{{- $_ := set $audit "kafka" $kafka -}}{{- end -}}
{{- if and (has "audit" $in) (has "postgres" $servers) -}}
  {{- if not $single -}}
    {{- $_ := set $audit "checkpoints" (merge (dict "keyFile" "/etc/sallyport/keys/checkpoints.pem") (index $audit "checkpoints" | default dict)) -}}
  {{- end -}}
  {{- if and $v.evaluation (not (include "sallyport.evaluationPostgres" .root)) -}}
    {{- $_ := set $audit "store" (dict "embedded" "/var/lib/sallyport/audit") -}}
  {{- else -}}
    {{- $_ := set $audit "store" (dict "postgres" ($v.postgres.url | default (printf "${file:%s/postgres-url}" $secrets))) -}}
  {{- end -}}
{{- end -}}
{{- if and (ne $service "audit") (has "kafka" $servers) -}}
  {{- $_ := set $audit "spool" (dict "dir" ($single | ternary "/var/lib/sallyport/spool" "/var/spool/sallyport") "maxBytes" $v.spool.maxBytes) -}}
{{- end -}}
{{- $_ := set $config "audit" $audit -}}

{{- $recordings := deepCopy $v.recordings -}}
{{- if has "proxy" $in -}}
  {{- $disk := dict "maxBytes" $v.recordingsDisk.maxBytes -}}
  {{- if not $single }}{{ $_ := set $disk "dir" "/var/spool/sallyport-recordings" }}{{ end -}}
  {{- $_ := set $recordings "disk" $disk -}}
{{- else if eq $service "audit" -}}
  {{- $recordings = pick $recordings "store" "lostAfter" -}}
{{- else if index $recordings "store" -}}
  {{- /* It may need a secret. */ -}}
  {{- $_ := set $recordings "store" (dict "dir" "/only-for-the-gateway") -}}
{{- end -}}
{{- if and $recordings (ne $service "authenticate") }}{{ $_ := set $config "recordings" $recordings }}{{ end -}}

{{- if or (has "authenticate" $in) (has "authorize" $in) -}}
  {{- $sessions := deepCopy $v.sessions -}}
  {{- if has "redis" $servers -}}
    {{- $sessions = merge $sessions (deepCopy $v.redis.settings) -}}
    {{- $_ := set $sessions "redis" ($v.redis.url | default (printf "${file:%s/redis-url}" $secrets)) -}}
    {{- if $v.redis.caSecret.name -}}
      {{- $_ := set $sessions "caFile" (printf "%s/redis-ca.crt" $secrets) -}}
    {{- end -}}
  {{- end -}}
  {{- if eq $service "authenticate" -}}
    {{- $keys := list -}}
    {{- range $v.sessionKeys -}}
      {{- $keys = append $keys (dict "id" .id "keyFile" (printf "%s/session-%s" $secrets .secretKey)) -}}
    {{- end -}}
    {{- $_ := set $sessions "encryption" (dict "keys" $keys) -}}
  {{- end -}}
  {{- $_ := set $config "sessions" $sessions -}}
{{- end -}}

{{- if has "authenticate" $in -}}
  {{- $providers := list -}}
  {{- range $v.identity.providers -}}
    {{- $one := omit . "clientSecretRef" -}}
    {{- if index . "clientSecretRef" -}}
      {{- $_ := set $one "clientSecret" (printf "${file:%s/oidc-%s}" $secrets .id) -}}
    {{- end -}}
    {{- $providers = append $providers $one -}}
  {{- end -}}
  {{- if $v.evaluation -}}
    {{- $providers = list (dict "id" "evaluation" "name" "Evaluation" "issuer" "http://127.0.0.1:9000" "allowInsecureIssuer" true "clientId" "sallyport" "clientSecret" (printf "${file:%s/oidc-evaluation}" $secrets) "scopes" (list "openid" "profile" "email" "groups")) -}}
  {{- end -}}
  {{- $identity := dict "providers" $providers -}}
  {{- with $v.identity.directory -}}{{- $_ := set $identity "directory" . -}}{{- end -}}
  {{- with $v.identity.defaultProvider -}}{{- $_ := set $identity "defaultProvider" . -}}{{- end -}}
  {{- $_ := set $config "identity" $identity -}}
{{- end -}}

{{- if ne $service "authenticate" -}}
  {{- $clusters := list -}}
  {{- $ofPolicy := list "policy" "policies" "policyFile" "namespaces" "shadow" "explain" -}}
  {{- range include "sallyport.clusters" .root | fromYamlArray -}}
    {{- $one := . -}}
    {{- if and (not (has "proxy" $in)) (index $one "token") -}}
      {{- $_ := unset $one "token" -}}
      {{- $_ := set $one "tokenFile" "/only-for-the-gateway" -}}
    {{- end -}}
    {{- if eq $service "audit" -}}
      {{- range $ofPolicy -}}{{- $_ := unset $one . -}}{{- end -}}
    {{- end -}}
    {{- $clusters = append $clusters $one -}}
  {{- end -}}
  {{- $_ := set $config "clusters" $clusters -}}
{{- end -}}

{{- $sections := dict
  "authenticate" (list "login" "branding" "workloads" "tracing")
  "authorize" (list "policies" "policy" "routes" "connectors" "elevations" "notifications" "tracing" "reload")
  "proxy" (list "login" "branding" "streams" "timeouts" "tracing" "policies" "policy" "routes" "connectors" "workloads" "elevations" "reload")
  "audit" (list "connectors") -}}
{{- range $in -}}
  {{- range $section := get $sections . -}}
    {{- with index $v $section -}}{{- $_ := set $config $section . -}}{{- end -}}
  {{- end -}}
{{- end -}}
{{- if or (has "authorize" $in) (has "proxy" $in) -}}
  {{- with include "sallyport.api" .root | fromYaml -}}{{- $_ := set $config "api" . -}}{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* All clusters, first the one that the gateway runs in. */}}
{{- define "sallyport.clusters" -}}
{{- $v := .Values -}}
{{- $clusters := list -}}
{{- if $v.cluster.enabled -}}
  {{- $account := "/var/run/secrets/kubernetes.io/serviceaccount" -}}
  {{- $home := merge (dict "name" $v.cluster.name "server" "https://kubernetes.default.svc" "caFile" (printf "%s/ca.crt" $account) "tokenFile" (printf "%s/token" $account) "policyFile" "policy.yaml") (deepCopy $v.cluster.settings) -}}
  {{- $impersonate := dict "groups" (include "sallyport.groups" . | fromYamlArray) -}}
  {{- with $v.cluster.impersonate.allowSystem -}}{{- $_ := set $impersonate "allowSystem" . -}}{{- end -}}
  {{- $clusters = append $clusters (set $home "impersonate" $impersonate) -}}
{{- end -}}
{{- toYaml (concat $clusters $v.clusters) -}}
{{- end }}

{{/* Who may see and change what is not their own. An evaluation has a default. */}}
{{- define "sallyport.api" -}}
{{- if and .Values.evaluation (not .Values.api) -}}
policy:
  sessions: [{allow: {or: [{groups: sre}]}}]
  audit: [{allow: {or: [{groups: security-auditors}]}}]
  policy: [{allow: {or: [{groups: security-auditors}]}}]
{{- else -}}
{{- toYaml .Values.api -}}
{{- end -}}
{{- end }}

{{/* The groups that go upstream. */}}
{{- define "sallyport.groups" -}}
{{- if and .Values.evaluation (not .Values.cluster.impersonate.groups) -}}
{{- toYaml (list "developers" "sre" "security-auditors") -}}
{{- else -}}
{{- toYaml .Values.cluster.impersonate.groups -}}
{{- end -}}
{{- end }}

{{/* What a service reads only at its start, so that a change of it restarts the pods, and no other change does. */}}
{{- define "sallyport.restartSettings" -}}
{{- $config := include "sallyport.config" . | fromYaml -}}
{{- if and (has .service (list "proxy" "serve")) (index $config "recordings") -}}
{{- $_ := set $config "recordings" (omit $config.recordings "default" "rules") -}}
{{- else if eq .service "authorize" -}}
{{- $config = omit $config "recordings" -}}
{{- end -}}
{{- if has .service (list "proxy" "authorize") -}}
{{- $config = omit $config "clusters" "policies" "policy" "routes" "connectors" "api" "elevations" "reload" -}}
{{- else if eq .service "audit" -}}
{{- /* It reads them only to check the clusters. */ -}}
{{- $config = omit $config "connectors" -}}
{{- else if eq .service "serve" -}}
{{- /* The audit service reads the names of clusters at its start. */ -}}
{{- $ofAudit := include "sallyport.config" (dict "root" .root "service" "audit") | fromYaml -}}
{{- $config = omit $config "clusters" "policies" "policy" "routes" "connectors" "api" "elevations" "reload" -}}
{{- $_ := set $config "clusters" $ofAudit.clusters -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* The files of a service below /etc/sallyport/secrets, as a list of {secret or configMap, key, file}. */}}
{{- define "sallyport.secretFiles" -}}
{{- $v := .root.Values -}}
{{- $fullname := include "sallyport.fullname" .root -}}
{{- $evaluation := printf "%s-evaluation" $fullname -}}
{{- $files := list -}}
{{- $in := include "sallyport.servicesIn" . | fromYamlArray -}}
{{- if or (has "authenticate" $in) (has "authorize" $in) -}}
  {{- if $v.evaluation -}}
    {{- $files = append $files (dict "secret" $evaluation "key" "redis-url" "file" "redis-url") -}}
  {{- else if $v.redis.secret.name -}}
    {{- $files = append $files (dict "secret" $v.redis.secret.name "key" $v.redis.secret.key "file" "redis-url") -}}
  {{- end -}}
  {{- if $v.redis.caSecret.name -}}
    {{- $files = append $files (dict "secret" $v.redis.caSecret.name "key" $v.redis.caSecret.key "file" "redis-ca.crt") -}}
  {{- end -}}
{{- end -}}
{{- if has "authenticate" $in -}}
  {{- range $provider := $v.identity.providers -}}
    {{- with index $provider "clientSecretRef" -}}
      {{- $files = append $files (dict "secret" .name "key" (index . "key" | default "client-secret") "file" (printf "oidc-%s" $provider.id)) -}}
    {{- end -}}
  {{- end -}}
  {{- if $v.evaluation -}}
    {{- $files = append $files (dict "secret" $evaluation "key" "oidc-client-secret" "file" "oidc-evaluation") -}}
  {{- end -}}
  {{- range eq .service "serve" | ternary (list) $v.sessionKeys -}}
    {{- $files = append $files (dict "secret" (printf "%s-session-key" $fullname) "key" .secretKey "file" (printf "session-%s" .secretKey)) -}}
  {{- end -}}
{{- end -}}
{{- if has "audit" $in -}}
  {{- if include "sallyport.evaluationPostgres" .root -}}
    {{- $files = append $files (dict "secret" $evaluation "key" "postgres-url" "file" "postgres-url") -}}
  {{- else if $v.postgres.secret.name -}}
    {{- $files = append $files (dict "secret" $v.postgres.secret.name "key" $v.postgres.secret.key "file" "postgres-url") -}}
  {{- end -}}
{{- end -}}
{{- if $v.kafka.caSecret.name -}}
  {{- $files = append $files (dict "secret" $v.kafka.caSecret.name "key" $v.kafka.caSecret.key "file" "kafka-ca.crt") -}}
{{- end -}}
{{- if $v.kafka.passwordSecret.name -}}
  {{- $files = append $files (dict "secret" $v.kafka.passwordSecret.name "key" $v.kafka.passwordSecret.key "file" "kafka-password") -}}
{{- end -}}
{{- toYaml (concat $files $v.pods.secretFiles (index .values "secretFiles" | default list)) -}}
{{- end }}
