#!/bin/sh
# Reads an HTTP request from stdin and writes the response to stdout.
while read -r line && [ "$line" != "$(printf '\r')" ]; do :; done
printf 'HTTP/1.0 200 OK\r\n\r\npaid\n'
