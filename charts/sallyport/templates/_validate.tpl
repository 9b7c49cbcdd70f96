{{/* Adds a fault for each secret that is written out in a value. Takes (dict "value" V "path" "a.b" "faults" (dict)). */}}
{{- define "sallyport.findSecrets" -}}
{{- $names := list "clientSecret" "password" "token" "secret" -}}
{{- $faults := .faults -}}
{{- $path := .path -}}
{{- if kindIs "map" .value -}}
{{- range $name, $item := .value -}}
{{- $at := printf "%s.%s" $path $name -}}
{{- if and (has $name $names) (or (kindIs "string" $item) (kindIs "slice" $item)) -}}
{{- range $text := (kindIs "slice" $item | ternary $item (list $item)) -}}
{{- if and (kindIs "string" $text) (not (regexMatch "\\$\\{(file|env):[^}]+\\}" $text)) -}}
{{- $_ := set $faults $at "is a secret, and everyone who may read ConfigMaps could read it here. Put it into a Secret, list it in the secretFiles of the service, and write ${file:/etc/sallyport/secrets/FILE}" -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{- include "sallyport.findSecrets" (dict "value" $item "path" $at "faults" $faults) -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "slice" .value -}}
{{- range $index, $item := .value -}}
{{- include "sallyport.findSecrets" (dict "value" $item "path" (printf "%s[%d]" $path $index) "faults" $faults) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Fails with everything that is missing or contradictory, each with what to set. */}}
{{- define "sallyport.validate" -}}
{{- $v := .Values -}}
{{- $faults := dict -}}
{{- $single := eq $v.mode "single" -}}
{{- if $single -}}
  {{- if $v.evaluation -}}
    {{- $_ := set $faults "evaluation" "is set, but mode is single, which needs no servers to try. Remove one of the two" -}}
  {{- end -}}
  {{- if ne (int $v.single.replicas) 1 -}}
    {{- $_ := set $faults "single.replicas" (printf "is %d, but one process keeps everything in a volume of its own. Set it to 1, or set mode to services for more pods" (int $v.single.replicas)) -}}
  {{- end -}}
  {{- range $service := list "proxy" "authenticate" "authorize" "auditService" -}}
    {{- range $name, $_value := omit (index $v $service) "replicas" "resources" "autoscaling" -}}
      {{- $_ := set $faults (printf "%s.%s" $service $name) (printf "is set, but mode is single and the service has no pod of its own. Set single.%s" $name) -}}
    {{- end -}}
  {{- end -}}
  {{- if ne (toJson $v.sessionKeys) `[{"id":"first","secretKey":"key"}]` -}}
    {{- $_ := set $faults "sessionKeys" "is set, but mode is single and the process makes its own key. Remove it" -}}
  {{- end -}}
{{- end -}}
{{- range $service := list "proxy" "authenticate" "authorize" "auditService" -}}
  {{- $one := index $v $service -}}
  {{- $most := int $one.autoscaling.maxReplicas -}}
  {{- if and $most (lt $most (int $one.replicas)) -}}
    {{- $_ := set $faults (printf "%s.autoscaling.maxReplicas" $service) (printf "is %d, which is less than %s.replicas, the least number. Raise it, or set it to 0" $most $service) -}}
  {{- end -}}
{{- end -}}
{{- if not $v.evaluation -}}
  {{- if not $v.gateway.url -}}
    {{- $_ := set $faults "gateway.url" "is missing. Set the address that people type: --set gateway.url=https://gate.example.com" -}}
  {{- end -}}
  {{- if not $v.identity.providers -}}
    {{- $_ := set $faults "identity.providers" "is empty, so no one could log in. Set at least id, issuer, clientId and clientSecretRef of your identity provider, or try --set evaluation=true first" -}}
  {{- end -}}
  {{- if not (or $single $v.redis.url $v.redis.secret.name) -}}
    {{- $_ := set $faults "redis" "has no address. Set redis.secret.name to a Secret with the address, or redis.url to one without a password, such as rediss://redis.example.com:6379/0" -}}
  {{- end -}}
  {{- if not (or $single $v.kafka.brokers) -}}
    {{- $_ := set $faults "kafka.brokers" "is empty. Set the brokers: --set kafka.brokers={kafka.example.com:9093}" -}}
  {{- end -}}
  {{- if not (or $single $v.postgres.url $v.postgres.secret.name) -}}
    {{- $_ := set $faults "postgres" "has no address. Set postgres.secret.name to a Secret with the address, or postgres.url to one without a password" -}}
  {{- end -}}
{{- else -}}
  {{- range $name := list "redis" "postgres" -}}
    {{- $one := index $v $name -}}
    {{- if or $one.url $one.secret.name -}}
      {{- $_ := set $faults $name "is set, but evaluation brings its own. Remove one of the two" -}}
    {{- end -}}
  {{- end -}}
  {{- if $v.kafka.brokers -}}
    {{- $_ := set $faults "kafka.brokers" "is set, but evaluation brings its own. Remove one of the two" -}}
  {{- end -}}
  {{- if $v.identity.providers -}}
    {{- $_ := set $faults "identity.providers" "is set, but evaluation brings its own. Remove one of the two" -}}
  {{- end -}}
{{- end -}}
{{- range $name := list "redis" "postgres" -}}
  {{- $one := index $v $name -}}
  {{- if and $one.url $one.secret.name -}}
    {{- $_ := set $faults (printf "%s.url" $name) (printf "and %s.secret.name are both set. Remove one of the two" $name) -}}
  {{- end -}}
  {{- if and (regexMatch "://[^/@]*:[^/@]*@" $one.url) (not (regexMatch "://[^/@]*:\\$\\{(file|env):.*\\}@" $one.url)) -}}
    {{- $_ := set $faults (printf "%s.url" $name) (printf "has a password, and everyone who may read ConfigMaps could read it here. Put the address into a Secret and set %s.secret.name" $name) -}}
  {{- end -}}
{{- end -}}
{{- if and $v.kafka.sasl (ne (index $v.kafka.sasl "mechanism" | default "") "") (not $v.kafka.passwordSecret.name) (not (or (index $v.kafka.sasl "password") (index $v.kafka.sasl "clientSecret"))) -}}
  {{- $_ := set $faults "kafka.passwordSecret.name" "is missing. Set the Secret with the password of kafka.sasl" -}}
{{- end -}}
{{- if and $v.kafka.caSecret.name (not $v.kafka.tls) -}}
  {{- $_ := set $faults "kafka.tls" "is false, but kafka.caSecret is set. Set kafka.tls=true" -}}
{{- end -}}
{{- if not (or $v.cluster.enabled $v.clusters) -}}
  {{- $_ := set $faults "clusters" "is empty and cluster.enabled is false, so there is nothing to guard. Set one of them" -}}
{{- end -}}
{{- range $v.clusters -}}
  {{- if and $v.cluster.enabled (eq (.name | default "") $v.cluster.name) -}}
    {{- $_ := set $faults "clusters" (printf "has a cluster with the name %s, which is that of cluster.name. Change one of the two" .name) -}}
  {{- end -}}
{{- end -}}
{{- if and $v.gateway.tls.secretName $v.gateway.tls.issuerRef -}}
  {{- $_ := set $faults "gateway.tls" "has secretName and issuerRef. Remove one of the two" -}}
{{- end -}}
{{- if and $v.gateway.tls.issuerRef (not (index $v.gateway.tls.issuerRef "name")) -}}
  {{- $_ := set $faults "gateway.tls.issuerRef.name" "is missing. Set the name of the issuer" -}}
{{- end -}}
{{- if and $v.cluster.existingPolicyConfigMap $v.cluster.policy -}}
  {{- $_ := set $faults "cluster.policy" "and cluster.existingPolicyConfigMap are both set. Remove one of the two" -}}
{{- end -}}
{{- if and $v.tlsRoute.enabled (not $v.tlsRoute.parentRefs) -}}
  {{- $_ := set $faults "tlsRoute.parentRefs" "is empty. Set the Gateway: --set tlsRoute.parentRefs[0].name=public" -}}
{{- end -}}
{{- if and (or $v.ingress.enabled $v.tlsRoute.enabled) (regexMatch ":[0-9]+$" $v.gateway.url) (not (hasSuffix ":443" $v.gateway.url)) -}}
  {{- $_ := set $faults "gateway.url" "has a port, but an Ingress or a TLSRoute listens on its controller's. Remove the port, or set it to that of the controller and switch both off" -}}
{{- end -}}
{{- if $v.rbac.constrained -}}
  {{- range $v.cluster.impersonate.allowSystem -}}
    {{- if or (eq . "system:masters") (hasPrefix "system:serviceaccount:" .) (hasPrefix "system:node:" .) -}}
      {{- $_ := set $faults "rbac.constrained" (printf "is true, and Kubernetes then refuses %s of cluster.impersonate.allowSystem. Remove one of the two" .) -}}
    {{- end -}}
  {{- end -}}
  {{- if semverCompare "<1.36-0" $.Capabilities.KubeVersion.Version -}}
    {{- $_ := set $faults "rbac.constrained" (printf "needs Kubernetes 1.36, and this is %s. Set it to false" $.Capabilities.KubeVersion.Version) -}}
  {{- end -}}
{{- end -}}
{{- range $section := list "identity" "clusters" "notifications" -}}
  {{- include "sallyport.findSecrets" (dict "value" (index $v $section) "path" $section "faults" $faults) -}}
{{- end -}}
{{- include "sallyport.findSecrets" (dict "value" $v.kafka.sasl "path" "kafka.sasl" "faults" $faults) -}}
{{- if $faults -}}
  {{- $lines := list -}}
  {{- range $path, $text := $faults -}}
    {{- $lines = append $lines (printf "  %s %s." $path $text) -}}
  {{- end -}}
  {{- fail (printf "\n\nThese values need a change:\n%s\n" (join "\n" $lines)) -}}
{{- end -}}
{{- end }}
