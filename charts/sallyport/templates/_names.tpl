{{/* The beginning of all names: the release, unless it does not say what is installed. */}}
{{- define "sallyport.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* The labels that select the pods of a component. Takes (dict "root" $ "component" "proxy"). They never change. */}}
{{- define "sallyport.selector" -}}
app.kubernetes.io/name: sallyport
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The labels of an object. */}}
{{- define "sallyport.labels" -}}
{{ include "sallyport.selector" . }}
app.kubernetes.io/part-of: sallyport
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Marks what is only there for an evaluation. */}}
{{- define "sallyport.evaluationWarning" -}}
sallyport.dev/warning: "For evaluation only: known passwords, no TLS, one pod, and everything in it is lost with the pod."
{{- end }}

{{- define "sallyport.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The ServiceAccount of a service. */}}
{{- define "sallyport.account" -}}
{{ include "sallyport.fullname" .root }}-{{ eq .component "proxy" | ternary "gateway" .component }}
{{- end }}

{{/* The Secret with the gateway's certificate. */}}
{{- define "sallyport.gatewayTlsSecret" -}}
{{ .Values.gateway.tls.secretName | default (printf "%s-gateway-tls" (include "sallyport.fullname" .)) }}
{{- end }}

{{- define "sallyport.gatewayUrl" -}}
{{- .Values.gateway.url | default (ternary "https://localhost:8443" "" .Values.evaluation) | trimSuffix "/" -}}
{{- end }}

{{/* The host in gateway.url, without the port. */}}
{{- define "sallyport.gatewayHost" -}}
{{- $host := (urlParse (include "sallyport.gatewayUrl" .)).host -}}
{{- regexReplaceAll ":[0-9]+$" $host "" -}}
{{- end }}

{{- define "sallyport.policyConfigMap" -}}
{{ .Values.cluster.existingPolicyConfigMap | default (printf "%s-policy" (include "sallyport.fullname" .)) }}
{{- end }}

{{/* "true" if all services are one process. */}}
{{- define "sallyport.isSingle" -}}
{{- if eq .Values.mode "single" -}}true{{- end -}}
{{- end }}

{{/* "true" if several gateways hand over connections through connectors to each other. */}}
{{- define "sallyport.hasPeers" -}}
{{- if and .Values.connectors (eq .Values.mode "services") (not .Values.evaluation) (gt (max .Values.proxy.replicas .Values.proxy.autoscaling.maxReplicas) 1) -}}true{{- end -}}
{{- end }}

{{/* The services that have pods of their own, as a list. A single process is the gateway, and has its labels. */}}
{{- define "sallyport.components" -}}
{{- toYaml (eq .Values.mode "single" | ternary (list "proxy") (list "authenticate" "authorize" "audit" "proxy")) -}}
{{- end }}

{{/* "true" if the values name the Secret with the gateway's certificate, or who issues it. */}}
{{- define "sallyport.hasGatewayTls" -}}
{{- if or .Values.gateway.tls.secretName .Values.gateway.tls.issuerRef -}}true{{- end -}}
{{- end }}

{{/* "true" if the Job makes the gateway's certificate. */}}
{{- define "sallyport.jobMakesGatewayTls" -}}
{{- if not (or (include "sallyport.isSingle" .) (include "sallyport.hasGatewayTls" .)) -}}true{{- end -}}
{{- end }}

{{/* "true" if there are certificates between the services. */}}
{{- define "sallyport.hasInternalTls" -}}
{{- if not (or (include "sallyport.isSingle" .) (eq .Values.internalTls.from "none")) -}}true{{- end -}}
{{- end }}

{{/* The key of the CA in the Secret of the gateway's certificate, if users must be told of it. */}}
{{- define "sallyport.gatewayCaKey" -}}
{{- if include "sallyport.jobMakesGatewayTls" . -}}ca.crt{{- else if include "sallyport.hasGatewayTls" . -}}{{ .Values.gateway.tls.caKey }}{{- end -}}
{{- end }}

{{/* "true" if there is anything for the Job to make. */}}
{{- define "sallyport.hasJob" -}}
{{- if include "sallyport.isSingle" . -}}
{{- else if or .Values.evaluation (eq .Values.serviceKeys.from "job") (eq .Values.internalTls.from "job") (include "sallyport.jobMakesGatewayTls" .) -}}true{{- end -}}
{{- end }}

{{/* "true" if the evaluation has a PostgreSQL, and not the store that is embedded in the audit service. */}}
{{- define "sallyport.evaluationPostgres" -}}
{{- if and .Values.evaluation .Values.evaluationImages.postgres -}}true{{- end -}}
{{- end }}

{{/* The hosts of the gateway: that of gateway.url, and those of clusters. */}}
{{- define "sallyport.gatewayHosts" -}}
{{- $hosts := list (include "sallyport.gatewayHost" .) -}}
{{- with index .Values.cluster.settings "host" -}}{{- $hosts = append $hosts . -}}{{- end -}}
{{- range .Values.clusters -}}
{{- with index . "host" -}}{{- $hosts = append $hosts . -}}{{- end -}}
{{- end -}}
{{- toYaml (uniq $hosts) -}}
{{- end }}
