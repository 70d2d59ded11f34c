#!/usr/bin/env bash
# Gathers the files of the container image: the binary, the libraries it is linked to and those it loads for TLS and
# names, certificates, the user, /tmp and /data. Used by deploy/Dockerfile, and by the test that runs the result.
# Usage: deploy/image-tree.sh BINARY TREE
set -euo pipefail

binary=${1:?usage: image-tree.sh BINARY TREE}
tree=${2:?the directory to make is missing}
libraries=/lib/x86_64-linux-gnu

mkdir -p "$tree/usr/bin" "$tree/etc/ssl/certs" "$tree/tmp" "$tree/data"
install -m 755 "$binary" "$tree/usr/bin/jobnode"
{
    ldd "$binary" | grep -o '/[^ ]*'
    # Loaded when they are needed: TLS, and glibc's ways to resolve names.
    ls $libraries/libssl.so.3 $libraries/libcrypto.so.3
    ls $libraries/libnss_dns.so.2 $libraries/libnss_files.so.2 $libraries/libresolv.so.2
} | sort -u | while read -r file; do
    install -D -m 755 "$(readlink -f "$file")" "$tree$file"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/" 2>/dev/null || true
echo 'hosts: files dns' >"$tree/etc/nsswitch.conf"
echo 'jobnode:x:65532:65532::/data:/sbin/nologin' >"$tree/etc/passwd"
echo 'jobnode:x:65532:' >"$tree/etc/group"
chmod 1777 "$tree/tmp"
chmod 700 "$tree/data"
chown 65532:65532 "$tree/data"
