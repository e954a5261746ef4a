# PowerShell completion for depmap.
Register-ArgumentCompleter -Native -CommandName 'depmap', 'kubectl-depmap', 'depmap.exe', 'kubectl-depmap.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition })
    $program, $words = @($elements |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { "$_" } })
    $words = @($words | Where-Object { $null -ne $_ })
    $before = ''
    if ($elements.Count -gt 1 -and $elements[-1].Extent.EndOffset -ge $cursorPosition -and $words[-1].EndsWith("$wordToComplete")) {
        # Of a list such as FORWARDED,DROPPED, PowerShell replaces what follows the last comma.
        $before = $words[-1].Substring(0, $words[-1].Length - "$wordToComplete".Length) -replace '^-[^=]*='
    }
    elseif ("$wordToComplete" -eq '') {
        # Before 7.3, PowerShell does not pass an empty argument.
        $words += $(if ($PSNativeCommandArgumentPassing -in $null, 'Legacy') { '""' } else { '' })
    }

    # PowerShell replaces the whole word, the flag in front of = included.
    $flag = if ("$wordToComplete" -match '^-[^=]*=') { $Matches[0] } else { '' }
    $lines = @(& $program __complete @words 2>$null)
    if ($lines.Count -eq 1 -and $lines[0] -match '^:\d+$') {
        if ([int]$lines[0].Substring(1) -band 4) {
            # Without a result, PowerShell would offer files: the word stays as it is.
            if ("$wordToComplete" -eq '') { ' ' } else { "$wordToComplete" }
        }
        elseif ($flag) {
            # It would look for files whose names begin with the flag.
            $file = "$wordToComplete".Substring($flag.Length)
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($file) | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($flag + $_.CompletionText, $_.ListItemText, $_.ResultType, $_.ToolTip)
            }
        }
        return
    }
    $lines | Where-Object { $_ -notmatch '^:\d+$' } | ForEach-Object {
        $name, $description = $_ -split "`t", 2
        if ($before -and $name.StartsWith($before)) { $name = $name.Substring($before.Length) }
        $text = if ($name -match '[\s''"`$;,(){}|&<>@#]') { "'" + $name.Replace("'", "''") + "'" } else { $name }
        $tip = if ($description) { $description } else { $name }
        [System.Management.Automation.CompletionResult]::new($flag + $text, $name, 'ParameterValue', $tip)
    }
}
