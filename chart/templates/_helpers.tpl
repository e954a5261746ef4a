{{/* Where the relay is: the value, else the release's namespace, but nothing of a node belongs into "default". */}}
{{- define "depmap.namespace" -}}
{{- .Values.namespace | default (eq .Release.Namespace "default" | ternary "depmap" .Release.Namespace) -}}
{{- end -}}

{{/* An integer of a values file comes as a float, which would be written 1e+06. */}}
{{- define "depmap.text" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* A pod reads its variables when it starts: what changes with them, for the values of agent or relay. */}}
{{- define "depmap.fingerprint" -}}
{{- $text := "" -}}
{{- range $name := keys . | sortAlpha -}}
{{- with get $ $name -}}
{{- $text = printf "%sDEPMAP_%s=%s\n" $text ($name | snakecase | upper) (include "depmap.text" .) -}}
{{- end -}}
{{- end -}}
{{- if $text }}{{ $text | sha256sum | trunc 16 }}{{ end -}}
{{- end -}}

{{/* Taints as kubectl writes them, KEY[=VALUE][:EFFECT]. */}}
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

{{/*
The data of the three Secrets by which agents and relay know each other. What the cluster has is kept while it lives
for 30 more days: a template cannot read a certificate, so each has beside it when it was issued. An authority that is
replaced stays trusted beside the new one.
*/}}
{{- define "depmap.certificates" -}}
{{- $space := include "depmap.namespace" . -}}
{{- $now := now | unixEpoch | int64 -}}
{{- $day := 86400 -}}
{{- $stamp := $now | toString | b64enc -}}
{{- $kept := (lookup "v1" "Secret" $space "depmap-authority").data | default dict -}}
{{- $age := sub $now (get $kept "issued" | b64dec | int64) -}}
{{- $authority := dict -}}
{{- $own := dict -}}
{{- if and $kept (lt $age (mul $day 3620)) -}}
{{- $authority = buildCustomCert (get $kept "tls.crt") (get $kept "tls.key") -}}
{{- $own = $kept -}}
{{- else -}}
{{- $authority = genCAWithKey (printf "depmap authority %s" (randAlphaNum 8 | lower)) 3650 (genPrivateKey "ecdsa") -}}
{{- $before := and (not (empty $kept)) (lt $age (mul $day 3650)) | ternary (get $kept "tls.crt" | b64dec) "" -}}
{{- $own = dict "tls.crt" ($authority.Cert | b64enc) "tls.key" ($authority.Key | b64enc) "ca.crt" (print $authority.Cert $before | b64enc) "issued" $stamp -}}
{{- end -}}
{{- $all := dict "authority" $own -}}
{{- range $name, $place := dict "relay" (list $space (printf "depmap-relay.%s.svc" $space)) "agent" (list (print $space "-agents") "depmap-agent") -}}
{{- $kept := (lookup "v1" "Secret" (first $place) (printf "depmap-%s-tls" $name)).data | default dict -}}
{{- if not (and $kept (eq (get $kept "ca.crt") (get $own "ca.crt")) (lt (sub $now (get $kept "issued" | b64dec | int64)) (mul $day 700))) -}}
{{- $made := genSignedCertWithKey (last $place) nil (list (last $place)) 730 $authority (genPrivateKey "ecdsa") -}}
{{- $kept = dict "tls.crt" ($made.Cert | b64enc) "tls.key" ($made.Key | b64enc) "ca.crt" (get $own "ca.crt") "issued" $stamp -}}
{{- end -}}
{{- $_ := set $all $name $kept -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}
