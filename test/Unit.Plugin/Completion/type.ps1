# type.ps1 LINE...: sets up the completion of PowerShell and completes each LINE where it has a tab. Then runs the line: the program
# `depmap` prints ARGS: and its arguments, and this script what follows ARGS:. In front of further text, it types a space, which
# PowerShell does not insert.
depmap completion powershell | Out-String | Invoke-Expression

foreach ($line in $args) {
    $text, $parts = $line.Split("`t")
    foreach ($part in $parts) {
        $result = [System.Management.Automation.CommandCompletion]::CompleteInput($text, $text.Length, $null)
        if ($result.CompletionMatches.Count -gt 0) {
            $text = $text.Remove($result.ReplacementIndex, $result.ReplacementLength).Insert(
                $result.ReplacementIndex, $result.CompletionMatches[0].CompletionText)
        }
        if ($part -ne '') { $text += " $part" }
    }
    "$(Invoke-Expression $text)" -replace '^ARGS:'
}
