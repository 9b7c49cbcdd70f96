{{/* A rule of egress: any of the peers, or any address if there are none, on these ports. Takes (dict "to" list "ports" list). */}}
{{- define "sallyport.egress" -}}
- ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The peer that selects pods of this release. Takes (dict "root" $ "component" "proxy"). */}}
{{- define "sallyport.peer" -}}
- podSelector:
    matchLabels: {{- include "sallyport.selector" . | nindent 6 }}
{{- end }}

{{/* The beginning of a policy. Takes (dict "root" $ "component" "proxy"). */}}
{{- define "sallyport.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "sallyport.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "sallyport.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "sallyport.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end }}

{{/* Egress to one of redis, kafka, postgres. Takes (dict "root" $ "server" "kafka"). */}}
{{- define "sallyport.egressToData" -}}
{{- $v := .root.Values -}}
{{- $ports := eq .server "redis" | ternary $v.networkPolicy.redisPorts $v.networkPolicy.postgresPorts -}}
{{- if eq .server "kafka" -}}
  {{- $ports = list -}}
  {{- range $v.kafka.brokers -}}{{- $ports = append $ports (last (splitList ":" .) | int) -}}{{- end -}}
{{- end -}}
{{- $to := $v.networkPolicy.data -}}
{{- if $v.evaluation -}}
  {{- $ports = list (get (dict "redis" 6379 "kafka" 9092 "postgres" 5432) .server) -}}
  {{- $to = include "sallyport.peer" (dict "root" .root "component" .server) | fromYamlArray -}}
{{- end -}}
{{ include "sallyport.egress" (dict "to" $to "ports" (uniq $ports)) }}
{{- end }}

{{/* Those of redis, kafka and postgres that the values name, as a list. */}}
{{- define "sallyport.dataServers" -}}
{{- $servers := list -}}
{{- if or .Values.redis.url .Values.redis.secret.name -}}{{- $servers = append $servers "redis" -}}{{- end -}}
{{- if .Values.kafka.brokers -}}{{- $servers = append $servers "kafka" -}}{{- end -}}
{{- if or .Values.postgres.url .Values.postgres.secret.name -}}{{- $servers = append $servers "postgres" -}}{{- end -}}
{{- toYaml $servers -}}
{{- end }}
