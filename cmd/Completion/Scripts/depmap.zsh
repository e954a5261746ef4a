#compdef depmap kubectl-depmap
# zsh completion for depmap.

_depmap() {
  local -a candidates
  local line name directive=0

  for line in "${(@f)$("${(Q)words[1]/#\~/$HOME}" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
    if [[ $line == :<-> ]]; then
      directive=${line#:}
    elif [[ -n $line ]]; then
      # _describe separates a word from its description by a colon.
      name=${${line%%$'\t'*}//:/\\:}
      [[ $line == *$'\t'* ]] && name+=:${line#*$'\t'}
      candidates+=("$name")
    fi
  done

  [[ $PREFIX == -*=* ]] && compset -P '[^=]##='
  if (( $#candidates )); then
    _describe depmap candidates
  elif (( !(directive & 4) )); then
    _files
  fi
}

# In a file of $fpath, this is the body of the function.
if [[ $funcstack[1] == _depmap ]]; then
  _depmap "$@"
else
  compdef _depmap depmap kubectl-depmap
fi
