#!/bin/sh
# Reads one HTTP request from stdin and answers it on stdout.
while read -r line && [ "$line" != "$(printf '\r')" ]; do :; done
printf 'HTTP/1.0 200 OK\r\n\r\npaid\n'
