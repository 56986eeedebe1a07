{{/* Names and labels. What takes a component is given (dict "root" $ "component" "worker"). */}}

{{/* First part of every name: at most 40 characters, so that those of pods and their labels fit. */}}
{{- define "streams.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $made := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $made | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "streams.name" -}}
{{ include "streams.fullname" .root }}-{{ .component }}
{{- end -}}

{{/* What picks a component's pods. A sink's have its own name, too. */}}
{{- define "streams.selector" -}}
app.kubernetes.io/name: {{ .root.Values.nameOverride | default .root.Chart.Name | trunc 63 }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ hasPrefix "sink-" .component | ternary "sink" .component }}
{{- if hasPrefix "sink-" .component }}
sink: {{ trimPrefix "sink-" .component }}
{{- end }}
{{- end -}}

{{- define "streams.labels" -}}
{{ include "streams.selector" . }}
app.kubernetes.io/part-of: junction-streams
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "streams.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end -}}

{{/* Each process has an account of its own, so that a cloud's rights can differ. None of them may ask Kubernetes anything.
     `as`: the process whose account and secrets it is given, where that is another. */}}
{{- define "streams.account" -}}
{{- ternary (include "streams.name" (dict "root" .root "component" (.as | default .component))) .root.Values.serviceAccounts.name .root.Values.serviceAccounts.create -}}
{{- end -}}
