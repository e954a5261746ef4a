# PowerShell completion for depmap.
Register-ArgumentCompleter -Native -CommandName 'depmap', 'kubectl-depmap', 'depmap.exe', 'kubectl-depmap.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $program, $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { "$_" } })
    $words = @($words | Where-Object { $null -ne $_ })
    if ("$wordToComplete" -eq '') {
        # Before 7.3, PowerShell does not pass an empty argument.
        $words += $(if ($PSNativeCommandArgumentPassing -in $null, 'Legacy') { '""' } else { '' })
    }

    # PowerShell replaces the whole word, the flag in front of = included.
    $flag = if ("$wordToComplete" -match '^-[^=]*=') { $Matches[0] } else { '' }
    $lines = @(& $program __complete @words 2>$null)
    if ($lines.Count -eq 1 -and $lines[0] -match '^:\d+$' -and ([int]$lines[0].Substring(1) -band 4)) {
        # Without a result, PowerShell would offer files: the word stays as it is.
        if ("$wordToComplete" -eq '') { ' ' } else { "$wordToComplete" }
        return
    }
    $lines | Where-Object { $_ -notmatch '^:\d+$' } | ForEach-Object {
        $name, $description = $_ -split "`t", 2
        $text = if ($name -match '[\s''"`$;,(){}|&<>@#]') { "'" + $name.Replace("'", "''") + "'" } else { $name }
        $tip = if ($description) { $description } else { $name }
        [System.Management.Automation.CompletionResult]::new($flag + $text, $name, 'ParameterValue', $tip)
    }
}
