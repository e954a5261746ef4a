# fish completion for depmap.
function __depmap_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -e words[1]
    # fish replaces the whole word, the flag in front of = included.
    set -l flag (string match -r -- '^-[^=]*=' "$current")
    set -l offered 0
    set -l files 1
    for line in ($program __complete $words "$current" 2>/dev/null)
        if string match -qr '^:\d+$' -- $line
            test (math "floor("(string sub -s 2 -- $line)" / 4) % 2") -eq 1; and set files 0
        else
            set offered 1
            printf '%s\n' "$flag$line"
        end
    end
    if test $offered -eq 0 -a $files -eq 1
        __fish_complete_path (string replace -r -- '^-[^=]*=' '' "$current") | string replace -r '^' -- "$flag"
    end
end

complete -c depmap -f -a '(__depmap_complete)'
complete -c kubectl-depmap -f -a '(__depmap_complete)'
