{{/* Settings of a process: plain ones as variables, secrets as files in a folder, files with a variable that names each. */}}

{{/* A value as the text of a variable: lists by commas, and no 2e+07. */}}
{{- define "streams.text" -}}
{{- if kindIs "slice" . -}}{{ join "," . }}
{{- else if kindIs "float64" . -}}{{ ternary (int64 . | toString) (toString .) (eq (floor .) .) }}
{{- else -}}{{ toString . }}
{{- end -}}
{{- end -}}

{{/* Of every process and of this one, as YAML; this one's win. Given (dict "of" CONTEXT "what" "settings").
     Not sprig's merge: to it `false` is nothing. */}}
{{- define "streams.merged" -}}
{{- $found := dict -}}
{{- range list (index .of.root.Values .what) (index .of.values .what) -}}
{{- range $name, $value := . }}{{ $_ := set $found $name $value }}{{ end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* Variables. `own`: those that the chart decides, a map. */}}
{{- define "streams.env" -}}
- name: STREAMS_WORKER_ID
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- if include "streams.secrets" . | trim }}
- name: STREAMS_SECRETS_DIR
  value: /etc/junction-streams/secrets
{{- end }}
{{- $own := .own | default dict }}
{{- range $name := keys $own | sortAlpha }}
- name: {{ $name }}
  value: {{ get $own $name | quote }}
{{- end }}
{{- $settings := include "streams.merged" (dict "of" . "what" "settings") | fromYaml }}
{{- range $name := list "STREAMS_BOOTSTRAP_SERVERS" "STREAMS_REGISTRY_URL" }}
{{- $_ := required (printf "settings.%s has to be set" $name) (get $settings $name) }}
{{- end }}
{{- range $name := keys $settings | sortAlpha }}
- name: {{ $name }}
  value: {{ include "streams.text" (get $settings $name) | quote }}
{{- end }}
{{- $files := include "streams.merged" (dict "of" . "what" "files") | fromYaml }}
{{- range $name := keys $files | sortAlpha }}
- name: {{ $name }}
  value: /etc/junction-streams/files/{{ lower $name }}
{{- end }}
{{- range concat .root.Values.env (.values.env | default list) }}
- {{ toYaml . | nindent 2 | trim }}
{{- end }}
{{- end -}}

{{/* Secrets that this process reads, and no others: of the one Secret what is there, and those that are named one by one. */}}
{{- define "streams.secrets" -}}
{{- $component := .as | default (hasPrefix "sink-" .component | ternary "sink" .component) -}}
{{- $all := .root.Files.Get "files/secrets.yaml" | fromYaml -}}
{{- $wanted := concat $all.every (index $all $component | default list) -}}
{{- $named := include "streams.merged" (dict "of" . "what" "secrets") | fromYaml -}}
{{- $existing := .values.existingSecret | default .root.Values.existingSecret -}}
{{- range $name := $wanted }}
{{- with get $named $name }}
- secret: {name: {{ .secret }}, items: [{key: {{ .key | quote }}, path: {{ lower $name }}}]}
{{- end }}
{{- end }}
{{- with $existing }}
- secret:
    name: {{ . }}
    optional: true  # a key that is not there, too: the process says what it lacks
    items:
      {{- range $name := $wanted }}
      {{- if not (hasKey $named $name) }}
      - {key: {{ lower $name }}, path: {{ lower $name }}}
      {{- end }}
      {{- end }}
{{- end }}
{{- end -}}

{{- define "streams.files" -}}
{{- $files := include "streams.merged" (dict "of" . "what" "files") | fromYaml -}}
{{- range $name := keys $files | sortAlpha }}
{{- $from := get $files $name }}
- {{ ternary "secret" "configMap" (hasKey $from "secret") }}:
    name: {{ $from.secret | default $from.configMap }}
    items: [{key: {{ $from.key | quote }}, path: {{ lower $name }}}]
{{- end }}
{{- end -}}
