{{/*
The data of the three TLS Secrets. A certificate in the cluster is kept until 30 days before it expires. A template
cannot read the dates of a certificate, so each Secret records in "issued" when it was created.
When the certificate authority (CA) is replaced, the previous one stays trusted until it expires.
*/}}
{{- define "depmap.certificates" -}}
{{- $authorityDays := 3650 -}}
{{- $issuedDays := 730 -}}
{{- $renewalDays := 30 -}}
{{- $day := 86400 -}}
{{- $namespace := include "depmap.namespace" . -}}
{{- $now := now | unixEpoch | int64 -}}
{{- $issued := $now | toString | b64enc -}}

{{- $existing := (lookup "v1" "Secret" $namespace "depmap-authority").data | default dict -}}
{{- $age := sub $now (get $existing "issued" | b64dec | int64) -}}
{{- $authority := dict -}}
{{- $authorityData := dict -}}
{{- if and $existing (lt $age (mul $day (sub $authorityDays $renewalDays))) -}}
{{- $authority = buildCustomCert (get $existing "tls.crt") (get $existing "tls.key") -}}
{{- $authorityData = $existing -}}
{{- else -}}
{{- $name := printf "depmap authority %s" (randAlphaNum 8 | lower) -}}
{{- $authority = genCAWithKey $name $authorityDays (genPrivateKey "ecdsa") -}}
{{- $unexpired := and (not (empty $existing)) (lt $age (mul $day $authorityDays)) -}}
{{- $previous := $unexpired | ternary (get $existing "tls.crt" | b64dec) "" -}}
{{- $authorityData = dict
      "tls.crt" ($authority.Cert | b64enc)
      "tls.key" ($authority.Key | b64enc)
      "ca.crt" (print $authority.Cert $previous | b64enc)
      "issued" $issued -}}
{{- end -}}

{{- $result := dict "authority" $authorityData -}}
{{- $relay := dict "namespace" $namespace "name" (printf "depmap-relay.%s.svc" $namespace) -}}
{{- $agent := dict "namespace" (include "depmap.agentNamespace" .) "name" "depmap-agent" -}}
{{- range $component, $owner := dict "relay" $relay "agent" $agent -}}
{{- $data := (lookup "v1" "Secret" $owner.namespace (printf "depmap-%s-tls" $component)).data | default dict -}}
{{- $age := sub $now (get $data "issued" | b64dec | int64) -}}
{{- $trusted := eq (get $data "ca.crt") (get $authorityData "ca.crt") -}}
{{- if not (and $trusted (lt $age (mul $day (sub $issuedDays $renewalDays)))) -}}
{{- $new := genSignedCertWithKey $owner.name nil (list $owner.name) $issuedDays $authority (genPrivateKey "ecdsa") -}}
{{- $data = dict
      "tls.crt" ($new.Cert | b64enc)
      "tls.key" ($new.Key | b64enc)
      "ca.crt" (get $authorityData "ca.crt")
      "issued" $issued -}}
{{- end -}}
{{- $_ := set $result $component $data -}}
{{- end -}}
{{- toYaml $result -}}
{{- end -}}
