@"%~dp0kubectl-depmap.exe" %*
