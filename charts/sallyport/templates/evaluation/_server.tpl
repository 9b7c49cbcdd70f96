{{/*
A server of the evaluation: one pod without a volume of its own that lasts. Takes (dict "root" $ "server" "redis" "port" 6379
"user" 999 "container" "<yaml>" "writable" (dict "data" "/data") "password" "redis-password" "callers" (list ...)).
*/}}
{{- define "sallyport.evaluationServer" -}}
{{- $component := dict "root" .root "component" .server -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "sallyport.fullname" .root }}-{{ .server }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "sallyport.labels" $component | nindent 4 }}
    sallyport.dev/evaluation: "true"
  annotations: {{- include "sallyport.evaluationWarning" . | nindent 4 }}
spec:
  replicas: 1
  strategy: {type: Recreate}
  selector:
    matchLabels: {{- include "sallyport.selector" $component | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "sallyport.selector" $component | nindent 8 }}
        app.kubernetes.io/part-of: sallyport
        sallyport.dev/evaluation: "true"
      annotations: {{- include "sallyport.evaluationWarning" . | nindent 8 }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.pods.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.pods.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: {{ .user }}
        runAsGroup: {{ .user }}
        fsGroup: {{ .user }}
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: {{ .server }}
          image: {{ index .root.Values.evaluationImages .server | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          ports: [{name: {{ .server }}, containerPort: {{ .port }}}]
          startupProbe: {tcpSocket: {port: {{ .server }}}, periodSeconds: 2, failureThreshold: 60}
          livenessProbe: {tcpSocket: {port: {{ .server }}}, periodSeconds: 10, timeoutSeconds: 5}
          {{- .container | nindent 10 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            {{- range $name, $path := .writable }}
            - {name: {{ $name }}, mountPath: {{ $path }}}
            {{- end }}
            {{- if .password }}
            - {name: password, mountPath: /run/secrets/sallyport, readOnly: true}
            {{- end }}
      volumes:
        {{- with .password }}
        - name: password
          secret: {secretName: {{ include "sallyport.fullname" $.root }}-evaluation, defaultMode: 288, items: [{key: {{ . }}, path: password}]}
        {{- end }}
        {{- range $name, $path := .writable }}
        - {name: {{ $name }}, emptyDir: {sizeLimit: 1Gi}}
        {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "sallyport.fullname" .root }}-{{ .server }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "sallyport.labels" $component | nindent 4 }}
    sallyport.dev/evaluation: "true"
  annotations: {{- include "sallyport.evaluationWarning" . | nindent 4 }}
spec:
  selector: {{- include "sallyport.selector" $component | nindent 4 }}
  ports:
    - {name: {{ .server }}, port: {{ .port }}, targetPort: {{ .server }}}
{{- if .root.Values.networkPolicy.enabled }}
---
{{ include "sallyport.networkPolicy" $component }}
  ingress:
    - ports: [{port: {{ .server }}}]
      from:
        {{- range .callers }}
        {{- include "sallyport.peer" (dict "root" $.root "component" .) | nindent 8 }}
        {{- end }}
  {{- if has .server .callers }}
  # A broker also connects to itself, by its name.
  egress:
    {{- include "sallyport.egress" (dict "to" (include "sallyport.peer" $component | fromYamlArray) "ports" (list .port)) | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "sallyport.redisContainer" -}}
# A file with the password, so that it is in no argument and no variable.
command: [sh, -c, 'umask 077; sed "s/^/requirepass /" /run/secrets/sallyport/password > /data/redis.conf; exec redis-server /data/redis.conf --appendonly yes --appendfsync always --maxmemory-policy noeviction --dir /data']
readinessProbe: {exec: {command: [sh, -c, 'REDISCLI_AUTH="$(cat /run/secrets/sallyport/password)" redis-cli ping | grep -q PONG']}, periodSeconds: 5, timeoutSeconds: 5}
resources:
  requests: {cpu: 50m, memory: 32Mi}
  limits: {memory: 256Mi}
{{- end }}

{{- define "sallyport.kafkaContainer" -}}
# One broker, which is also the controller (KRaft). The image writes its settings and logs into its own directories.
env:
  - {name: KAFKA_NODE_ID, value: "1"}
  - {name: KAFKA_PROCESS_ROLES, value: "broker,controller"}
  - {name: KAFKA_LISTENERS, value: "PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093"}
  - {name: KAFKA_ADVERTISED_LISTENERS, value: "PLAINTEXT://{{ include "sallyport.fullname" . }}-kafka:9092"}
  - {name: KAFKA_CONTROLLER_LISTENER_NAMES, value: CONTROLLER}
  - {name: KAFKA_CONTROLLER_QUORUM_VOTERS, value: "1@localhost:9093"}
  - {name: KAFKA_LISTENER_SECURITY_PROTOCOL_MAP, value: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"}
  - {name: KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS, value: "1"}
  - {name: KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR, value: "1"}
  - {name: KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS, value: "1"}
  - {name: KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR, value: "1"}
  - {name: KAFKA_TRANSACTION_STATE_LOG_MIN_ISR, value: "1"}
  - {name: KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR, value: "1"}
  - {name: KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR, value: "1"}
  - {name: KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS, value: "0"}
  - {name: KAFKA_LOG_DIRS, value: /var/lib/kafka/data}
  - {name: KAFKA_HEAP_OPTS, value: -Xmx512m}
readinessProbe: {tcpSocket: {port: kafka}, periodSeconds: 5}
resources:
  requests: {cpu: 100m, memory: 384Mi}
  limits: {memory: 1Gi}
{{- end }}

{{- define "sallyport.postgresContainer" -}}
env:
  - {name: POSTGRES_USER, value: sallyport}
  - {name: POSTGRES_DB, value: sallyport}
  - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
  - {name: POSTGRES_PASSWORD_FILE, value: /run/secrets/sallyport/password}
readinessProbe: {exec: {command: [pg_isready, -U, sallyport, -d, sallyport, -h, 127.0.0.1]}, periodSeconds: 5, timeoutSeconds: 5}
resources:
  requests: {cpu: 50m, memory: 96Mi}
  limits: {memory: 512Mi}
{{- end }}
