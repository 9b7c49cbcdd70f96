{{/* The security context of every pod: that of the restricted Pod Security Standard. */}}
{{- define "sallyport.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "sallyport.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* One source of a projected volume for each Secret and ConfigMap of a list of {secret or configMap, key, file}. */}}
{{- define "sallyport.sources" -}}
{{- range $file := . }}
- {{ index $file "secret" | empty | ternary "configMap" "secret" }}:
    name: {{ index $file "secret" | default (index $file "configMap") }}
    items: [{key: {{ $file.key | quote }}, path: {{ $file.file | quote }}}]
{{- end }}
{{- end }}

{{/* The seconds of a duration of sallyport.yaml, such as 1m30s, rounded up. */}}
{{- define "sallyport.seconds" -}}
{{- $units := dict "ms" 0.001 "s" 1.0 "m" 60.0 "h" 3600.0 "d" 86400.0 -}}
{{- $seconds := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|s|m|h|d)" . -1 -}}
{{- $seconds = addf $seconds (mulf (regexFind "^[0-9.]+" . | float64) (get $units (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{- ceil $seconds -}}
{{- end }}

{{/*
The Deployment of a service, or the StatefulSet of a single process, whose service is "serve". 288 is the mode 0440, which is
another number for parsers of YAML 1.2.
Takes (dict "root" $ "service" "proxy" "values" .Values.proxy "ports" (list ...) "stopping" 25), with the seconds that the
service needs to stop after SIGTERM.
*/}}
{{- define "sallyport.workload" -}}
{{- $v := .root.Values -}}
{{- $pods := $v.pods -}}
{{- $own := .values -}}
{{- $fullname := include "sallyport.fullname" .root -}}
{{- $single := eq .service "serve" -}}
{{- $component := dict "root" .root "component" ($single | ternary "proxy" .service) -}}
{{- $keys := not $single -}}
{{- $gatewayTls := or (eq .service "proxy") (and $single (include "sallyport.hasGatewayTls" .root)) -}}
{{- $internalTls := include "sallyport.hasInternalTls" .root -}}
{{- $preStop := $pods.preStopSeconds -}}
{{- if hasKey $own "preStopSeconds" }}{{ $preStop = $own.preStopSeconds }}{{ end -}}
{{- $files := include "sallyport.secretFiles" . | fromYamlArray -}}
apiVersion: apps/v1
kind: {{ $single | ternary "StatefulSet" "Deployment" }}
metadata:
  name: {{ $single | ternary $fullname (printf "%s-%s" $fullname .service) }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "sallyport.labels" $component | nindent 4 }}
spec:
  {{- if or $single $v.evaluation (not $own.autoscaling.maxReplicas) }}
  replicas: {{ $v.evaluation | ternary 1 $own.replicas }}
  {{- end }}
  selector:
    matchLabels: {{- include "sallyport.selector" $component | nindent 6 }}
  {{- if $single }}
  # A StatefulSet starts a pod only when the one before it is gone. A Deployment with Recreate waits at a rollout, but not when
  # a pod is deleted or evicted, or when its node is silent.
  serviceName: {{ $fullname }}-proxy
  # Together, these let an upgrade replace a pod that never became ready. With OrderedReady, and from Kubernetes 1.35 with
  # maxUnavailable 1, an upgrade would wait for that pod. There is one name, so there are never two pods.
  podManagementPolicy: Parallel
  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 2}}
  {{- else if and $v.evaluation (eq .service "audit") }}
  # Two of them cannot share the store that is embedded.
  strategy: {type: Recreate}
  {{- else }}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  {{- end }}
  template:
    metadata:
      annotations:
        kubectl.kubernetes.io/default-container: {{ .service }}
        # Restarts the pods when a setting changes that is read only at the start. All others apply to running pods.
        sallyport.dev/restart-settings: {{ include "sallyport.restartSettings" . | sha256sum }}
        {{- with merge (dict) (index $own "annotations" | default dict) $pods.annotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      labels:
        {{- include "sallyport.selector" $component | nindent 8 }}
        app.kubernetes.io/part-of: sallyport
        {{- with merge (dict) (index $own "labels" | default dict) $pods.labels $v.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "sallyport.account" $component }}
      # Only the gateway calls the Kubernetes API: its token is the credential for impersonation.
      automountServiceAccountToken: {{ and (eq $component.component "proxy") $v.cluster.enabled }}
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ add $preStop .stopping }}
      {{- with $v.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with index $own "priorityClassName" | default $pods.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with merge (dict) (index $own "nodeSelector" | default dict) $pods.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with concat $pods.tolerations (index $own "tolerations" | default list) }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with index $own "affinity" | default $pods.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "sallyport.podSecurity" . | nindent 8 }}
        {{- if $single }}
        # Otherwise the kubelet would let the group write to every file of the volume at each start, and so to keys. The
        # process refuses a certificate authority whose key is not its own alone.
        fsGroupChangePolicy: OnRootMismatch
        {{- end }}
      {{- $spread := index $own "topologySpreadConstraints" }}
      {{- if kindIs "invalid" $spread }}{{ $spread = $pods.topologySpreadConstraints }}{{ end }}
      {{- if and (kindIs "invalid" $spread) (not $single) }}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "sallyport.selector" $component | nindent 14 }}
        {{- end }}
      {{- else if $spread }}
      topologySpreadConstraints: {{- toYaml $spread | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .service }}
          image: {{ include "sallyport.image" .root | quote }}
          imagePullPolicy: {{ $v.image.pullPolicy }}
          args: [{{ .service }}, --config, /etc/sallyport/config/sallyport.yaml]
          env:
            - {name: SALLYPORT_LOG_LEVEL, value: {{ $v.logLevel }}}
            {{- if and (eq .service "proxy") (include "sallyport.hasPeers" .root) }}
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            {{- end }}
            {{- with concat $pods.env (index $own "env" | default list) }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            {{- toYaml .ports | nindent 12 }}
          startupProbe: {httpGet: {path: /livez, port: admin}, periodSeconds: 1, failureThreshold: {{ $single | ternary 300 60 }}}
          livenessProbe: {httpGet: {path: /livez, port: admin}, periodSeconds: 10, timeoutSeconds: 3}
          readinessProbe: {httpGet: {path: /readyz, port: admin}, periodSeconds: 5, timeoutSeconds: 3}
          {{- if $preStop }}
          lifecycle:
            # Time for every node to learn that the pod is stopping.
            preStop: {sleep: {seconds: {{ $preStop }}}}
          {{- end }}
          resources: {{- toYaml $own.resources | nindent 12 }}
          securityContext: {{- include "sallyport.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - {name: config, mountPath: /etc/sallyport/config, readOnly: true}
            {{- if $keys }}
            - {name: keys, mountPath: /etc/sallyport/keys, readOnly: true}
            {{- end }}
            {{- if $files }}
            - {name: secrets, mountPath: /etc/sallyport/secrets, readOnly: true}
            {{- end }}
            {{- if $gatewayTls }}
            - {name: gateway-tls, mountPath: /etc/sallyport/gateway-tls, readOnly: true}
            {{- end }}
            {{- if $internalTls }}
            - {name: tls, mountPath: {{ eq .service "proxy" | ternary "/etc/sallyport/tls" (printf "/etc/sallyport/tls/%s" .service) }}, readOnly: true}
            {{- end }}
            {{- if $single }}
            - {name: data, mountPath: /var/lib/sallyport}
            {{- else if ne .service "audit" }}
            - {name: spool, mountPath: /var/spool/sallyport}
            {{- if eq .service "proxy" }}
            - {name: recordings, mountPath: /var/spool/sallyport-recordings}
            {{- end }}
            {{- else if and $v.evaluation (not (include "sallyport.evaluationPostgres" .root)) }}
            - {name: store, mountPath: /var/lib/sallyport}
            {{- end }}
            {{- with concat $pods.volumeMounts (index $own "volumeMounts" | default list) }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
        {{- with .sidecar }}
        {{- . | nindent 8 }}
        {{- end }}
      volumes:
        # Directories as a whole, so that the kubelet can swap their content in a running pod.
        - name: config
          projected:
            sources:
              - configMap: {name: {{ $fullname }}-config, items: [{key: {{ .service }}.yaml, path: sallyport.yaml}]}
              {{- if and $v.cluster.enabled (has .service (list "authorize" "proxy" "serve")) }}
              - configMap: {name: {{ include "sallyport.policyConfigMap" .root }}, items: [{key: policy.yaml, path: policy.yaml}]}
              {{- end }}
        {{- if $keys }}
        - name: keys
          projected:
            defaultMode: 288
            sources:
              - secret: {name: {{ $fullname }}-{{ .service }}-key, items: [{key: private.pem, path: private.pem}]}
              {{- if eq .service "audit" }}
              - secret: {name: {{ $fullname }}-checkpoint-key, items: [{key: checkpoints.pem, path: checkpoints.pem}]}
              {{- end }}
              {{- if and (eq .service "proxy") $v.routes }}
              - secret: {name: {{ $fullname }}-identity-key, items: [{key: identity.pem, path: identity.pem}]}
              {{- end }}
              - configMap: {name: {{ $fullname }}-public-keys}
        {{- end }}
        {{- if $files }}
        - name: secrets
          projected:
            defaultMode: 288
            sources: {{- include "sallyport.sources" $files | nindent 14 }}
        {{- end }}
        {{- if $gatewayTls }}
        - name: gateway-tls
          secret: {secretName: {{ include "sallyport.gatewayTlsSecret" .root }}, defaultMode: 288, items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}{{ with include "sallyport.gatewayCaKey" .root }}, {key: {{ . }}, path: ca.crt}{{ end }}]}
        {{- end }}
        {{- if $internalTls }}
        - name: tls
          {{- if eq .service "proxy" }}
          # Only the certificate authorities of the other services, not their keys.
          projected:
            defaultMode: 288
            sources:
              {{- range list "authenticate" "authorize" "audit" }}
              - secret: {name: {{ $fullname }}-{{ . }}-tls, items: [{key: ca.crt, path: {{ . }}/ca.crt}]}
              {{- end }}
          {{- else }}
          secret: {secretName: {{ $fullname }}-{{ .service }}-tls, defaultMode: 288}
          {{- end }}
        {{- end }}
        {{- if $single }}
        - name: data
          persistentVolumeClaim: {claimName: {{ $fullname }}-data}
        {{- else if ne .service "audit" }}
        # Survives the container, not the pod or the node. It is on the node's disk, not in its memory.
        - name: spool
          emptyDir: {sizeLimit: {{ $v.spool.sizeLimit }}}
        {{- if eq .service "proxy" }}
        - name: recordings
          emptyDir: {sizeLimit: {{ $v.recordingsDisk.sizeLimit }}}
        {{- end }}
        {{- else if and $v.evaluation (not (include "sallyport.evaluationPostgres" .root)) }}
        - name: store
          emptyDir: {sizeLimit: 1Gi}
        {{- end }}
        {{- with concat $pods.volumes (index $own "volumes" | default list) }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}

{{/* The volume of a single process. It is not in the StatefulSet, which cannot change the size of its claims. */}}
{{- define "sallyport.volumeClaim" -}}
{{- $volume := .Values.single.volume -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "sallyport.fullname" . }}-data
  namespace: {{ .Release.Namespace }}
  labels: {{- include "sallyport.labels" (dict "root" . "component" "proxy") | nindent 4 }}
  annotations:
    # It has the keys and the audit trail. An installation with the same name goes on with it.
    helm.sh/resource-policy: keep
spec:
  accessModes: [ReadWriteOnce]
  {{- with $volume.storageClassName }}
  storageClassName: {{ . }}
  {{- end }}
  resources: {requests: {storage: {{ $volume.size }}}}
{{- end }}

{{/* The Service through which the gateway calls another service. Takes (dict "root" $ "service" "audit" "port" 4182). */}}
{{- define "sallyport.service" -}}
{{- $component := dict "root" .root "component" .service -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "sallyport.fullname" .root }}-{{ .service }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "sallyport.labels" $component | nindent 4 }}
spec:
  selector: {{- include "sallyport.selector" $component | nindent 4 }}
  ports:
    - {name: http, port: {{ .port }}, targetPort: http}
{{- end }}
