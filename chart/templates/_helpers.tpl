{{/* The relay's namespace. A release in "default" gets its own namespace, which the chart can label. */}}
{{- define "depmap.namespace" -}}
{{- .Values.namespace | default (eq .Release.Namespace "default" | ternary "depmap" .Release.Namespace) -}}
{{- end -}}

{{/* The agents' namespace. It is separate from the relay's because agents are privileged. */}}
{{- define "depmap.agentNamespace" -}}
{{- include "depmap.namespace" . }}-agents
{{- end -}}

{{/* Who makes the certificates: "relay", "certManager", or "user" for existing Secrets. */}}
{{- define "depmap.certificates" -}}
{{- $secrets := .Values.certificates.existingSecrets -}}
{{- $issuer := .Values.certificates.certManager.issuer -}}
{{- if ne (empty $secrets.relay) (empty $secrets.agent) -}}
{{- fail "certificates.existingSecrets needs both relay and agent" -}}
{{- else if and $secrets.relay $issuer -}}
{{- fail "certificates.existingSecrets and certificates.certManager.issuer cannot be used together" -}}
{{- end -}}
{{- if $secrets.relay }}user{{ else if $issuer }}certManager{{ else }}relay{{ end -}}
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

{{/* The image of a component. Arguments: the root context and "agent" or "relay". A packed chart may name its images in annotations. */}}
{{- define "depmap.image" -}}
{{- $root := first . -}}
{{- $part := last . -}}
{{- $name := printf "depmap-%s:%s" $part $root.Chart.AppVersion -}}
{{- if get $root.Values.image $part -}}
{{- get $root.Values.image $part -}}
{{- else if $root.Values.registry -}}
{{- printf "%s/%s" (trimSuffix "/" $root.Values.registry) $name -}}
{{- else if index $root.Chart.Annotations "depmap/registry" -}}
{{- $digest := index $root.Chart.Annotations (printf "depmap/%s-digest" $part) -}}
{{- printf "%s/%s%s" (index $root.Chart.Annotations "depmap/registry") $name (empty $digest | ternary "" (print "@" $digest)) -}}
{{- else -}}
{{- fail "this chart names no image registry. Build the images (make image), push or load them, and use --set registry=REGISTRY" -}}
{{- end -}}
{{- end -}}

{{/* "true" on OpenShift. */}}
{{- define "depmap.openshift" -}}
{{- if kindIs "bool" .Values.openshift -}}
{{- .Values.openshift | ternary "true" "" -}}
{{- else if .Capabilities.APIVersions.Has "security.openshift.io/v1" -}}
true
{{- end -}}
{{- end -}}

{{/* The SELinux type of the agents. */}}
{{- define "depmap.seLinuxType" -}}
{{- .Values.agent.seLinuxType | default (include "depmap.openshift" . | empty | ternary "" "spc_t") -}}
{{- end -}}

{{/* Excludes nodes that cannot run the agent, as far as labels show it, in each of the user's terms. */}}
{{- define "depmap.agentAffinity" -}}
{{- $every := list
      (dict "key" "kubernetes.io/arch" "operator" "In" "values" (list "amd64" "arm64"))
      (dict "key" "eks.amazonaws.com/compute-type" "operator" "NotIn" "values" (list "fargate"))
      (dict "key" "type" "operator" "NotIn" "values" (list "virtual-kubelet")) -}}
{{- $affinity := deepCopy .Values.agent.affinity -}}
{{- $node := get $affinity "nodeAffinity" | default dict -}}
{{- $required := get $node "requiredDuringSchedulingIgnoredDuringExecution" | default dict -}}
{{- $terms := list -}}
{{- range get $required "nodeSelectorTerms" | default (list (dict)) -}}
{{- $terms = append $terms (merge (dict "matchExpressions" (concat (get . "matchExpressions" | default list) $every)) .) -}}
{{- end -}}
{{- $_ := set $required "nodeSelectorTerms" $terms -}}
{{- $_ := set $node "requiredDuringSchedulingIgnoredDuringExecution" $required -}}
{{- $_ := set $affinity "nodeAffinity" $node -}}
{{- toYaml $affinity -}}
{{- end -}}

{{/* The requests and limits of a container. Null is no amount. */}}
{{- define "depmap.resources" -}}
{{- range $kind, $amounts := . }}
{{- $given := dict }}
{{- range $name, $amount := $amounts }}
{{- if not (kindIs "invalid" $amount) }}
{{- $_ := set $given $name $amount }}
{{- end }}
{{- end }}
{{ $kind }}:
  {{- toYaml $given | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Tells service meshes to add no proxy, which would carry Depmap's own connections only. */}}
{{- define "depmap.meshLabels" -}}
sidecar.istio.io/inject: "false"
kuma.io/sidecar-injection: disabled
{{- end -}}
{{- define "depmap.meshAnnotations" -}}
{{ include "depmap.meshLabels" . }}
linkerd.io/inject: disabled
consul.hashicorp.com/connect-inject: "false"
{{- end -}}

{{/* The environment variables for a component's options: logLevel becomes DEPMAP_LOG_LEVEL. */}}
{{- define "depmap.variables" -}}
{{- range $key, $value := pick . "logLevel" "flowSlots" "maxConnections" "attach" "flows" "maxFlows" "maxEdges" "outsideCidr" "retain" "retainSize" -}}
{{- if and (not (kindIs "invalid" $value)) (not (and (kindIs "slice" $value) (empty $value))) -}}
{{- /* Integers of a values file are floats here, which would be printed as 1e+06. */ -}}
{{- $text := kindIs "float64" $value | ternary (int64 $value | toString) (toString $value) -}}
{{- if kindIs "slice" $value }}{{ $text = join "," $value }}{{ end -}}
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
