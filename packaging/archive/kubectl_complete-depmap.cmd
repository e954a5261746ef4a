@"%~dp0kubectl-depmap.exe" __complete %*
