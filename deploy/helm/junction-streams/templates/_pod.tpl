{{/* The pod of a component, as compose runs it: nobody, nothing to write but /tmp and its own volume, no rights.

     root, component, values   as elsewhere
     args       command line of the program
     own        settings that the chart decides, a map
     parts      more of the container (ports, probes, ...), as YAML
     volume     where the pod's own volume is mounted, "" without one
     hooks      more of the pod, as YAML */}}
{{- define "streams.pod" -}}
{{- $pods := .root.Values.pods -}}
metadata:
  labels:  # without versions: a new chart alone replaces no worker
    {{- include "streams.selector" . | nindent 4 }}
    {{- with merge (dict) (.values.podLabels | default dict) $pods.labels }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- with merge (dict) (.values.podAnnotations | default dict) $pods.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "streams.placed" . | nindent 2 }}
  containers:
    - name: {{ hasPrefix "sink-" .component | ternary "sink" .component }}
      args: {{ toJson .args }}
      {{- with .parts }}{{ . | nindent 6 }}{{ end }}
      {{- include "streams.container" . | nindent 6 }}
{{- end -}}

{{/* Where a pod runs, as whom, and its volumes. */}}
{{- define "streams.placed" -}}
{{- $pods := .root.Values.pods -}}
serviceAccountName: {{ include "streams.account" . }}
automountServiceAccountToken: false
enableServiceLinks: false  # a service's variables could be taken for settings
securityContext:
  runAsNonRoot: true
  seccompProfile: {type: RuntimeDefault}
  {{- with $pods.user }}
  runAsUser: {{ int64 . }}
  runAsGroup: {{ int64 . }}
  fsGroup: {{ int64 . }}
  fsGroupChangePolicy: OnRootMismatch  # else each start makes the tables readable for the group
  {{- end }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- range $name := list "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
{{- with (index $.values $name) | default (index $pods $name) }}
{{ $name }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- if $pods.spread }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "streams.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- with .hooks }}
{{ . }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  {{- with include "streams.secrets" . | trim }}
  - name: secrets
    projected:
      defaultMode: 0440
      sources: {{- . | nindent 8 }}
  {{- end }}
  {{- with include "streams.files" . | trim }}
  - name: files
    projected:
      defaultMode: 0440
      sources: {{- . | nindent 8 }}
  {{- end }}
  {{- with .volumes }}{{ . | nindent 2 }}{{ end }}
{{- end -}}

{{/* What every container of ours has. */}}
{{- define "streams.container" -}}
image: {{ include "streams.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  {{- include "streams.env" . | nindent 2 }}
{{- with .values.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if include "streams.secrets" . | trim }}
  - {name: secrets, mountPath: /etc/junction-streams/secrets, readOnly: true}
  {{- end }}
  {{- if include "streams.files" . | trim }}
  - {name: files, mountPath: /etc/junction-streams/files, readOnly: true}
  {{- end }}
  {{- with .volume }}
  - {name: state, mountPath: {{ . }}}
  {{- end }}
{{- end -}}

{{/* Probes of a process that has /metrics: it answers once Kafka and the registry do. A first start may take long. */}}
{{- define "streams.probes" -}}
startupProbe:
  httpGet: {path: /metrics, port: metrics}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 120
livenessProbe:
  httpGet: {path: /metrics, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /metrics, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}
