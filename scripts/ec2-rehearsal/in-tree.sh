#!/usr/bin/env bash
# Runs a command in a small Debian (debian-tree.sh), as root there, without a network; what it changes is forgotten
# afterwards. The checkout is at /checkout, readable only. Usage: scripts/ec2-rehearsal/in-tree.sh COMMAND...
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
bash "$root/scripts/ec2-rehearsal/debian-tree.sh" "$root/artifacts/debian-tree"
scratch=$(mktemp -d)
trap 'rmdir "$scratch"' EXIT

# shellcheck disable=SC2016  # the inner shell's own variables
unshare --net --mount --pid --fork --kill-child sh -euc '
    checkout=$1 scratch=$2
    shift 2
    mount -t tmpfs tmpfs "$scratch"
    mkdir "$scratch/upper" "$scratch/work" "$scratch/tree"
    mount -t overlay overlay "$scratch/tree" \
        -o "lowerdir=$checkout/artifacts/debian-tree,upperdir=$scratch/upper,workdir=$scratch/work"
    mkdir "$scratch/tree/checkout"
    mount --bind -o ro "$checkout" "$scratch/tree/checkout"
    mount -t proc proc "$scratch/tree/proc"
    mount --rbind /dev "$scratch/tree/dev"
    exec env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot "$scratch/tree" "$@"
' in-tree "$root" "$scratch" "$@"
