# chart.awk: turns what `install -o yaml` prints for the marked values of chart.sh into a template of Helm.
BEGIN {
	print "{{- /* Made by `make helm-chart` from what the plugin installs. */ -}}"
	print "{{- $namespace := include \"depmap.namespace\" . -}}"
	print "{{- $certificates := include \"depmap.certificates\" . | fromYaml -}}"
	RS = "---\n"; FS = "\n"
}

function of(name) { return match($0, "\n *" name ": [^\n]*") ? substr($0, RSTART + 1, RLENGTH - 1) : "" }

{
	print "---"
	kind = of("kind"); sub(/.*: /, "", kind)
	name = of("name"); sub(/.*: /, "", name)
	condition = ""
	# A release's own namespace is there before the chart.
	if (kind == "Namespace" && name == "mark-namespace") condition = "ne $namespace .Release.Namespace"
	if (kind == "PersistentVolumeClaim") condition = ".Values.persist.size"
	if (condition) print "{{- if " condition " }}"
	for (i = 1; i <= NF; i++) if (!(i == NF && $i == "")) line($i)
	if (condition) print "{{- end }}"
}

function line(text,    indent) {
	match(text, /^ */); indent = RLENGTH
	gsub(/mark-namespace/, "{{ $namespace }}", text)
	sub(/managed-by: .*/, "managed-by: {{ .Release.Service }}", text)

	if (kind == "Secret" && text ~ /^  (tls\.crt|tls\.key|ca\.crt): /) {
		if (text ~ /tls.crt/) {
			sub(/^depmap-/, "", name); sub(/-tls$/, "", name)
			print "  {{- toYaml $certificates." name " | nindent 2 }}"
		}
	} else if (text ~ /depmap\/settings: /) {
		print spaces(indent) "depmap/settings: {{ include \"depmap.fingerprint\" .Values." component() " | quote }}"
	} else if (text ~ /DEPMAP_LOG_LEVEL: mark/) {
		print "  DEPMAP_LOG_LEVEL: {{ .Values." component() ".logLevel | default \"info\" }}"
	} else if (text ~ /DEPMAP_[A-Z_]*: mark/) {
		print "  {{- with " value(text) " }}"
		print "  " substr(text, 3, index(text, ":") - 2) " {{ include \"depmap.text\" . | quote }}"
		print "  {{- end }}"
	} else if (text ~ /image: mark/) {
		print spaces(indent) "image: {{ " value(text) " | default (printf \"%s/depmap-" component() ":%s\" (trimSuffix \"/\" .Values.registry) .Chart.AppVersion) }}"
	} else if (text ~ /- BPF$/) {
		print spaces(indent) "- {{ .Values.legacyCapabilities | ternary \"SYS_ADMIN\" \"BPF\" }}"
	} else if (text ~ /- PERFMON$/) {
		print spaces(indent) "- {{ .Values.legacyCapabilities | ternary \"SYS_RESOURCE\" \"PERFMON\" }}"
	} else if (text ~ /nodeSelector:$/) {
		print text
		print spaces(indent + 2) "{{- toYaml (merge (dict) .Values.nodeSelector (dict \"kubernetes.io/os\" \"linux\")) | nindent " indent + 2 " }}"
		skip(2)
	} else if (text ~ /tolerations:$/ && kind == "DaemonSet") {
		print text
		print spaces(indent) "{{- with .Values.tolerations }}"
		print spaces(indent) "{{- include \"depmap.tolerations\" . | trim | nindent " indent " }}"
		print spaces(indent) "{{- else }}"
		print spaces(indent) "- operator: Exists"
		print spaces(indent) "{{- end }}"
		skip(2)
	} else if (text ~ /tolerations:$/) {
		optional(indent, "tolerations", text)
		print spaces(indent) "{{- include \"depmap.tolerations\" . | trim | nindent " indent " }}"
		print spaces(indent) "{{- end }}"
		skip(2)
	} else if (text ~ /imagePullSecrets:$/) {
		optional(indent, "pullSecret", text)
		print spaces(indent) "- name: {{ . }}"
		print spaces(indent) "{{- end }}"
		skip(1)
	} else if (text ~ /storageClassName: /) {
		optional(indent, "persist.class", "  storageClassName: {{ . }}")
		print spaces(indent) "{{- end }}"
	} else if (text ~ /- name: history$/) {
		optional(indent, "persist.size", text)
		print $(++i)
		if ($(i) ~ /persistentVolumeClaim/) print $(++i)
		print spaces(indent) "{{- end }}"
	} else if (text ~ /: mark\.persist\.size$/) {
		sub(/mark.*/, "{{ .Values.persist.size }}", text)
		print text
	} else {
		print text
	}
}

function component() { return name ~ /agent/ ? "agent" : "relay" }

# The value that a mark stands for.
function value(text) { sub(/.*: mark/, ".Values", text); return text }

function optional(indent, path, text) {
	print spaces(indent) "{{- with .Values." path " }}"
	print text
}

function skip(lines) { i += lines }

function spaces(count) { return sprintf("%" count "s", "") }
