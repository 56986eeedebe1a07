{{/* Whole resources that several components have. */}}

{{/* Without an address: each pod by its name, for Prometheus and for other pods. `ports`: name → number. */}}
{{- define "streams.headless" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "streams.name" . }}{{ .suffix }}
  labels: {{- include "streams.labels" . | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true  # a worker that reads its tables is there, and says so
  selector: {{- include "streams.selector" . | nindent 4 }}
  ports:
    {{- range $name, $port := .ports }}
    - {name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }}}
    {{- end }}
{{- end -}}

{{- define "streams.disruption" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "streams.name" . }}
  labels: {{- include "streams.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .values.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "streams.selector" . | nindent 6 }}
{{- end -}}

{{/* A process that keeps tables: a name that stays, and a volume that goes with it. */}}
{{- define "streams.stateful" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "streams.name" . }}
  labels: {{- include "streams.labels" . | nindent 4 }}
spec:
  replicas: {{ int .values.replicas }}
  serviceName: {{ include "streams.name" . }}
  podManagementPolicy: Parallel  # they share the work out by themselves; an upgrade still goes one by one
  minReadySeconds: {{ int .values.minReadySeconds }}
  updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: {{ int .values.updateFrom }}}}
  persistentVolumeClaimRetentionPolicy: {whenScaled: {{ .values.volume.whenScaled }}, whenDeleted: {{ .values.volume.whenDeleted }}}
  selector:
    matchLabels: {{- include "streams.selector" . | nindent 6 }}
  template: {{- include "streams.pod" . | nindent 4 }}
  volumeClaimTemplates:
    - metadata:
        name: state
        labels: {{- include "streams.selector" . | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .values.volume.storageClass }}
        storageClassName: {{ . | quote }}
        {{- end }}
        resources: {requests: {storage: {{ .values.volume.size | quote }}}}
{{- end -}}

{{/* A process that keeps nothing here. */}}
{{- define "streams.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "streams.name" . }}
  labels: {{- include "streams.labels" . | nindent 4 }}
spec:
  replicas: {{ int .values.replicas }}
  selector:
    matchLabels: {{- include "streams.selector" . | nindent 6 }}
  template: {{- include "streams.pod" . | nindent 4 }}
{{- end -}}

{{/* Parts of a container that has /metrics and no more. */}}
{{- define "streams.plain.parts" -}}
ports:
  - {name: metrics, containerPort: 9100}
{{ include "streams.probes" . }}
{{- end -}}
