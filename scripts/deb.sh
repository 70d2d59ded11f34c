#!/usr/bin/env bash
# Makes the Debian package artifacts/jobnode_VERSION_amd64.deb of the published binary, and holds it against Debian's
# policy (lintian). Usage: scripts/deb.sh [BINARY]
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
binary=${1:-artifacts/jobnode}
version=$(sed -n 's:.*<VersionPrefix>\(.*\)</VersionPrefix>.*:\1:p' Directory.Build.props)
tree=artifacts/build/deb
package=artifacts/jobnode_${version}_amd64.deb
# The same package from the same commit, whenever it is made.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y "$binary")
export SOURCE_DATE_EPOCH

rm -rf "$tree"
umask 022
documents=$tree/usr/share/doc/jobnode
install -D -m 755 "$binary" "$tree/usr/bin/jobnode"
install -D -m 644 deploy/systemd/jobnode.service "$tree/lib/systemd/system/jobnode.service"
install -D -m 644 deploy/systemd/sysusers.conf "$tree/usr/lib/sysusers.d/jobnode.conf"
install -D -m 644 deploy/systemd/tmpfiles.conf "$tree/usr/lib/tmpfiles.d/jobnode.conf"
install -D -m 644 deploy/systemd/jobnode.env "$tree/etc/jobnode/jobnode.env"
install -D -m 644 deploy/debian/lintian-overrides "$tree/usr/share/lintian/overrides/jobnode"
install -D -m 644 README.md "$documents/README.md"
{
    printf 'Format: %s\n' https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
    printf '\nFiles: *\n'
    sed -n 's/^Copyright (c) \(.*\)/Copyright: \1/p' LICENSE
    printf 'License: MIT\n'
    sed '1,/^Copyright/d; /./,$!d; s/^$/./; s/^/ /' LICENSE | sed '1{/^ \.$/d}'
    printf '\nFiles: THIRD-PARTY\nCopyright: the authors named there\nLicense: several\n'
    sed 's/^$/./; s/^/ /' THIRD-PARTY.md
} >"$documents/copyright"
{
    printf 'jobnode (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n' "$version"
    printf ' -- The jobnode authors <jobnode@jobnode.invalid>  %s\n' "$(date -R -u -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$documents/changelog.gz"

# What the binary prints of itself.
mkdir -p "$tree/usr/share/man/man1"
"$binary" man | gzip -9n >"$tree/usr/share/man/man1/jobnode.1.gz"
for shell in bash:usr/share/bash-completion/completions/jobnode zsh:usr/share/zsh/vendor-completions/_jobnode \
    fish:usr/share/fish/vendor_completions.d/jobnode.fish; do
    "$binary" completion "${shell%%:*}" | install -D -m 644 /dev/stdin "$tree/${shell#*:}"
done

mkdir -p "$tree/DEBIAN"
install -m 755 deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$tree/DEBIAN/"
echo /etc/jobnode/jobnode.env >"$tree/DEBIAN/conffiles"
(cd "$tree" && find usr lib -type f -exec md5sum {} + | sort -k 2 >DEBIAN/md5sums)
cat >"$tree/DEBIAN/control" <<CONTROL
Package: jobnode
Version: $version
Architecture: amd64
Maintainer: The jobnode authors <jobnode@jobnode.invalid>
Installed-Size: $(du -sk --apparent-size "$tree" | cut -f1)
Depends: libc6 (>= 2.34), init-system-helpers (>= 1.54), systemd | systemd-standalone-sysusers
Recommends: libssl3, ca-certificates
Section: net
Priority: optional
Description: cluster that computes chains of SHA-512
 Machines that run jobnode form one cluster. Any of them takes jobs, some
 bytes and a number of iterations, and any of them gives the results. No
 accepted job and no result is lost when a minority of the machines vanishes.
 .
 After installation one node runs as a service and listens on loopback;
 /etc/jobnode/jobnode.env makes it a member of a cluster.
CONTROL

dpkg-deb --root-owner-group -z4 --build "$tree" "$package" >/dev/null
lintian=(lintian "--fail-on=error,warning" --tag-display-limit 0)
[ "$(id -u)" -ne 0 ] || lintian+=(--allow-root)
"${lintian[@]}" "$package"
echo "deb: $package ($(stat -c %s "$package" | numfmt --to=iec))"
