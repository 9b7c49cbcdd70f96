{{/* The name of all objects of the connector. */}}
{{- define "sallyport-connector.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end }}

{{- define "sallyport-connector.keySecret" -}}
{{- .Values.key.secretName | default (include "sallyport-connector.fullname" .) -}}
{{- end }}

{{/* The labels that select the pods. They never change. */}}
{{- define "sallyport-connector.selector" -}}
app.kubernetes.io/name: sallyport-connector
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "sallyport-connector.metadata" -}}
name: {{ include "sallyport-connector.fullname" . }}
namespace: {{ .Release.Namespace }}
labels: {{- include "sallyport-connector.labels" . | nindent 2 }}
{{- end }}

{{- define "sallyport-connector.labels" -}}
{{ include "sallyport-connector.selector" . }}
app.kubernetes.io/part-of: sallyport
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sallyport-connector.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* connector.yaml, and the certificate authority beside it. */}}
{{- define "sallyport-connector.config" -}}
{{- $v := .Values -}}
{{- $config := dict "gateway" $v.gateway.url "keyFile" "/etc/sallyport/key/private.pem" "gatewayPublicKeys" $v.gateway.publicKeys -}}
{{- $config = merge $config (dict "reach" $v.reach "carriers" $v.carriers "drain" (printf "%ds" (int $v.drainSeconds))) -}}
{{- $config = merge $config (dict "listen" "0.0.0.0:9099" "logLevel" $v.logLevel) -}}
{{- if $v.gateway.ca -}}{{- $_ := set $config "caFile" "gateway-ca.crt" -}}{{- end -}}
{{- $token := dict "namespace" .Release.Namespace "serviceAccount" $v.gatewayAccount.name "lifetime" $v.gatewayAccount.tokenLifetime "secret" (include "sallyport-connector.keySecret" .) -}}
{{- $_ := set $config "token" ($v.gatewayAccount.enabled | ternary $token nil) -}}
connector.yaml: {{- toYaml $config | toYaml | nindent 2 }}
{{- with $v.gateway.ca }}
gateway-ca.crt: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
