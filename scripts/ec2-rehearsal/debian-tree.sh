#!/usr/bin/env bash
# Makes a small Debian with systemd, once, for tests that need a whole machine's files.
# Usage: scripts/ec2-rehearsal/debian-tree.sh DIRECTORY    (kept there; made anew when what it holds is to change)
set -euo pipefail

tree=${1:?usage: debian-tree.sh DIRECTORY}
packages=systemd,systemd-sysv,init-system-helpers,curl,e2fsprogs,cloud-init
mark="$tree/etc/jobnode-tree"
mkdir -p "$(dirname "$tree")"
exec 9>"$tree.lock"
flock 9
[ "$(cat "$mark" 2>/dev/null)" != "$packages" ] || exit 0

echo "debian-tree: making $tree" >&2
rm -rf --one-file-system "$tree" "$tree.new"
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
log=$(mktemp)
# As debootstrap does it, but with apt's own resolver, and in half the time.
mmdebstrap --variant=essential --include="$packages" "$suite" "$tree.new" >"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    exit 1
}
rm -f "$log"
echo "$packages" >"$tree.new/etc/jobnode-tree"
mv "$tree.new" "$tree"
