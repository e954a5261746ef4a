# bash completion for depmap.
_depmap() {
    local -a words=() candidates=()
    local program=${COMP_WORDS[0]/#\~/$HOME} previous='' directive=0 count=0 width=0 i
    local word current typed kept='' line name description

    # bash splits words at = and :, too.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((count > 0)) && [[ $previous == *[=:] || $word == [=:]* ]]; then
            words[count - 1]+=$word
        else
            words[count++]=$word
        fi
        previous=$word
    done
    current=${words[count - 1]}

    while IFS= read -r line; do
        if [[ $line == :[0-9]* ]]; then
            directive=${line#:}
        else
            candidates+=("$line")
            name=${line%%$'\t'*}
            ((${#name} > width)) && width=${#name}
        fi
    done < <("$program" __complete "${words[@]}" 2>/dev/null)

    # bash replaces only what is behind the last = or :, if it splits words there.
    typed=$current
    if [[ $current == -*=* ]]; then
        typed=${current#*=}
        [[ $COMP_WORDBREAKS == *=* ]] || kept=${current%%=*}=
    fi
    COMPREPLY=()
    for line in ${candidates[@]+"${candidates[@]}"}; do
        name=${line%%$'\t'*}
        [[ $COMP_WORDBREAKS == *:* && $typed == *:* ]] && name=${name#"${typed%"${typed##*:}"}"}
        printf -v name %q "$name"
        # 63 is ?: the words are only listed, not inserted.
        if [[ $line == *$'\t'* && ${COMP_TYPE:-0} == 63 && ${#candidates[@]} -gt 1 ]]; then
            description=${line#*$'\t'}
            printf -v name "%-${width}s  (%s)" "$name" "$description"
        fi
        COMPREPLY+=("$kept$name")
    done
    # Files are offered where nothing else is, unless they are not wanted. compopt came with bash 4.
    if ((directive & 4)); then
        compopt +o default 2>/dev/null
    fi
}

complete -o default -F _depmap depmap kubectl-depmap
