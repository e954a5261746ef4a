{{/* The relay's namespace. A release in "default" gets its own namespace, which the chart can label. */}}
{{- define "depmap.namespace" -}}
{{- .Values.namespace | default (eq .Release.Namespace "default" | ternary "depmap" .Release.Namespace) -}}
{{- end -}}

{{/* The agents' namespace. It is separate from the relay's because agents are privileged. */}}
{{- define "depmap.agentNamespace" -}}
{{- include "depmap.namespace" . }}-agents
{{- end -}}

{{/* The labels that select the pods of a component, "agent" or "relay". */}}
{{- define "depmap.selector" -}}
app.kubernetes.io/name: depmap
app.kubernetes.io/component: {{ . }}
{{- end -}}

{{/* The labels of all objects of a component. Arguments: the root context and "agent" or "relay". */}}
{{- define "depmap.labels" -}}
{{- $root := first . -}}
{{ include "depmap.selector" (last .) }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion }}
{{- end -}}

{{/* The image of a component. Arguments: the root context and "agent" or "relay". */}}
{{- define "depmap.image" -}}
{{- $root := first . -}}
{{- $registry := trimSuffix "/" $root.Values.registry -}}
{{- get $root.Values.image (last .) | default (printf "%s/depmap-%s:%s" $registry (last .) $root.Chart.AppVersion) -}}
{{- end -}}

{{/* The environment variables for the values of a component: logLevel becomes DEPMAP_LOG_LEVEL. */}}
{{- define "depmap.variables" -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}
{{- /* Integers of a values file are floats here, which would be printed as 1e+06. */ -}}
{{- $text := kindIs "float64" $value | ternary (int64 $value | toString) (toString $value) -}}
DEPMAP_{{ $key | snakecase | upper }}: {{ $text | quote }}
{{ end -}}
{{- end -}}
{{- end -}}

{{/* A hash of a component's variables. Pods read them at startup, so a change must replace the pods. */}}
{{- define "depmap.settingsHash" -}}
{{- $text := "" -}}
{{- range $name, $value := include "depmap.variables" . | fromYaml -}}
{{- $text = printf "%s%s=%s\n" $text $name $value -}}
{{- end -}}
{{- if $text }}{{ $text | sha256sum | trunc 16 }}{{ end -}}
{{- end -}}

{{/* Tolerations for taints in the syntax of kubectl: KEY[=VALUE][:EFFECT]. */}}
{{- define "depmap.tolerations" -}}
{{- range . }}
{{- $parts := splitList ":" . }}
{{- $pair := splitn "=" 2 (first $parts) }}
- key: {{ $pair._0 | quote }}
  {{- if contains "=" (first $parts) }}
  operator: Equal
  value: {{ $pair._1 | quote }}
  {{- else }}
  operator: Exists
  {{- end }}
  {{- if gt (len $parts) 1 }}
  effect: {{ last $parts }}
  {{- end }}
{{- end }}
{{- end -}}
