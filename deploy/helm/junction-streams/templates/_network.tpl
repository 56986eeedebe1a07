{{/* Parts of network policies: whom a pod may speak to. */}}

{{/* A list of ports as a policy wants it. */}}
{{- define "streams.ports" -}}
ports:
{{- range . }}
  - {port: {{ int . }}, protocol: TCP}
{{- end }}
{{- end -}}

{{/* Ports of Kafka: those that are named, or those of STREAMS_BOOTSTRAP_SERVERS. */}}
{{- define "streams.kafkaPorts" -}}
{{- $settings := include "streams.merged" (dict "of" . "what" "settings") | fromYaml -}}
{{- $found := list -}}
{{- range regexFindAll ":[0-9]+(,|$)" ($settings.STREAMS_BOOTSTRAP_SERVERS | default "") -1 -}}
{{- $found = append $found (trimPrefix ":" . | trimSuffix "," | int) -}}
{{- end -}}
{{- .root.Values.networkPolicies.kafka.ports | default ($found | uniq) | default (list 9092) | toJson -}}
{{- end -}}

{{- define "streams.registryPorts" -}}
{{- $settings := include "streams.merged" (dict "of" . "what" "settings") | fromYaml -}}
{{- $found := list -}}
{{- range splitList "," ($settings.STREAMS_REGISTRY_URL | default "") -}}
{{- $host := (urlParse .).host -}}
{{- $port := regexFind ":[0-9]+$" $host | trimPrefix ":" -}}
{{- $found = append $found (int ($port | default (hasPrefix "https:" . | ternary "443" "80"))) -}}
{{- end -}}
{{- .root.Values.networkPolicies.registry.ports | default ($found | uniq) | toJson -}}
{{- end -}}

{{/* The rules of egress of a component. `registry`: whether it asks the registry. */}}
{{- define "streams.egress" -}}
{{- $policies := .root.Values.networkPolicies -}}
- ports:
    - {port: {{ int $policies.dns.port }}, protocol: UDP}
    - {port: {{ int $policies.dns.port }}, protocol: TCP}
  {{- with $policies.dns.to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
- {{ include "streams.ports" (include "streams.kafkaPorts" . | fromJsonArray) | nindent 2 | trim }}
  {{- with $policies.kafka.to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- if .registry }}
- {{ include "streams.ports" (include "streams.registryPorts" . | fromJsonArray) | nindent 2 | trim }}
  {{- with $policies.registry.to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- if .asks }}
- ports: [{port: 8070, protocol: TCP}]
  to:
    - podSelector:
        matchLabels: {{- include "streams.selector" (dict "root" .root "component" "worker") | nindent 10 }}
{{- end }}
{{- if .asksGateways }}
- ports: [{port: 9080, protocol: TCP}]
  to:
    - podSelector:
        matchLabels: {{- include "streams.selector" (dict "root" .root "component" "gateway") | nindent 10 }}
{{- end }}
{{- if .asksConsole }}
- ports: [{port: 8060, protocol: TCP}]
  to:
    - podSelector:
        matchLabels: {{- include "streams.selector" (dict "root" .root "component" "console") | nindent 10 }}
{{- end }}
{{- with concat $policies.egress (.values.egress | default list) }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A whole policy of a component. `ingress`: rules beside those of monitoring, as YAML; `annotations`: as YAML. */}}
{{- define "streams.policy" -}}
{{- if .root.Values.networkPolicies.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "streams.name" . }}
  labels: {{- include "streams.labels" . | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels: {{- include "streams.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- if or .metricsPort .ingress }}
  ingress:
    {{- with .metricsPort }}
    - ports: [{port: {{ . }}, protocol: TCP}]
      {{- with $.root.Values.networkPolicies.monitoring.from }}
      from: {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
    {{- with .ingress }}{{ . | nindent 4 }}{{ end }}
  {{- end }}
  egress:
    {{- include "streams.egress" . | nindent 4 }}
{{- end }}
{{- end -}}
