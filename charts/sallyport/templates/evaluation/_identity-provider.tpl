{{/* The container with the identity provider, beside authenticate: so http://127.0.0.1:9000 is the provider for both. */}}
{{- define "sallyport.identityProvider" -}}
- name: identity-provider
  image: {{ .Values.evaluationImages.development | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    - identity-provider
    - --issuer=http://127.0.0.1:9000
    - --client-secret-file=/etc/sallyport/secrets/oidc-evaluation
    - --redirect-uri={{ include "sallyport.gatewayUrl" . }}/.sallyport/callback
    - --post-logout-redirect-uri={{ include "sallyport.gatewayUrl" . }}/.sallyport/signed-out
  ports: [{name: provider, containerPort: 9000}]
  startupProbe: {tcpSocket: {port: provider}, periodSeconds: 1, failureThreshold: 60}
  livenessProbe: {tcpSocket: {port: provider}, periodSeconds: 10, timeoutSeconds: 5}
  readinessProbe: {httpGet: {path: /.well-known/openid-configuration, port: provider}, periodSeconds: 5}
  resources:
    requests: {cpu: 50m, memory: 64Mi}
    limits: {memory: 256Mi}
  securityContext: {{- include "sallyport.containerSecurity" . | nindent 4 }}
  volumeMounts: [{name: secrets, mountPath: /etc/sallyport/secrets, readOnly: true}]
{{- end }}
