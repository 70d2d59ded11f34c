#!/usr/bin/env bash
# The hosts of the rehearsal: sourced by ec2-rehearsal.sh, inside namespaces of its own, with $root, $parts, $work,
# $state and $cgroup set.
# shellcheck disable=SC2034,SC2154

told() { cat "$state/instances/$1/$2" 2>/dev/null || true; }
tree_of() { echo "$work/hosts/$1/tree"; }

# A bridge, and this script's own address on it.
start_network() {
    rm -rf "$work"
    mkdir -p "$state/instances" "$cgroup"
    : >"$state/calls"
    : >"$state/agent-calls"
    mount -t tmpfs tmpfs /run
    # Overlays need an upper layer that is no overlay itself.
    mkdir -p "$work/hosts"
    mount -t tmpfs tmpfs "$work/hosts"
    mount -t cgroup2 cgroup2 "$cgroup"
    cgroup=$cgroup/jobnode-rehearsal-$$
    mkdir "$cgroup"
    trap remove_cgroups EXIT
    ip link set lo up
    ip link add hosts type bridge
    ip addr add 10.78.0.254/24 dev hosts
    ip link set hosts up
}

# Everything in them is ended first: this script is about to end, and the kernel then ends the rest only afterwards.
remove_cgroups() {
    local folder
    for folder in "$work"/hosts/*; do
        [ ! -e "$folder/pid" ] || kill -KILL "$(cat "$folder/pid")" 2>/dev/null || true
    done
    for _ in $(seq 50); do
        find "$cgroup" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || true
        rmdir "$cgroup" 2>/dev/null && break
        sleep 0.1
    done
}

# launch INSTANCE ADDRESS ZONE GROUP: an instance that its group waits for, with systemd running.
launch() {
    local instance=$1 folder=$state/instances/$1 host=$work/hosts/$1 tree
    tree=$(tree_of "$instance")
    mkdir -p "$folder" "$host/upper" "$host/work" "$tree"
    echo "$2" >"$folder/address"
    echo "$3" >"$folder/zone"
    echo "$4" >"$folder/group"
    echo running >"$folder/ec2"
    echo Pending:Wait >"$folder/lifecycle"
    mount -t overlay overlay \
        -o "lowerdir=$root/artifacts/debian-tree,upperdir=$host/upper,workdir=$host/work" "$tree"
    furnish "$instance" "$tree"
    connect "$instance" "$2"
    ip netns exec "$instance" python3 "$parts/metadata.py" "$state" "$instance" &
    echo $! >"$host/metadata-pid"
    disown
    boot "$instance" "$tree" "$host"
    # EC2's is there before the instance is; python takes a moment.
    until_true 30 "the metadata service of $instance" \
        ip netns exec "$instance" curl -s -o /dev/null --max-time 5 http://169.254.169.254/
}

furnish() {
    echo "$1" >"$2/etc/rehearsal-instance"
    echo "$1" >"$2/etc/hostname"
    touch "$2/etc/cloud/cloud-init.disabled"
    install -m 755 "$parts/aws.sh" "$2/usr/local/bin/aws"
    install -m 755 "$root/deploy/ec2-userdata.sh" "$2/root/user-data"
    mkdir -p "$2/rehearsal" "$2/opt/aws/amazon-cloudwatch-agent/bin" "$2/opt/aws/amazon-cloudwatch-agent/etc"
    # shellcheck disable=SC2016  # $* is the stand-in's own
    printf '#!/bin/sh\necho "$*" >>/rehearsal/agent-calls\n' \
        >"$2/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
    chmod 755 "$2/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
    mount --bind "$state" "$2/rehearsal"
}

connect() {
    local device=${1/-/}
    ip netns add "$1"
    ip link add "$device" type veth peer name eth0 netns "$1"
    ip link set "$device" master hosts up
    ip -n "$1" link set lo up
    ip -n "$1" addr add "$2/24" dev eth0
    ip -n "$1" link set eth0 up
    ip -n "$1" addr add 169.254.169.254/32 dev lo
}

# systemd as the first process of a PID, mount, UTS, IPC and cgroup namespace, rooted in the host's tree.
boot() {
    mkdir "$cgroup/$1"
    # shellcheck disable=SC2016  # the inner shell's own variables
    ip netns exec "$1" unshare --mount --uts --ipc --cgroup sh -c '
        echo $$ >"$1/cgroup.procs"
        exec unshare --cgroup --pid --fork --kill-child sh -c "
            hostname $2
            mount -t proc proc $3/proc
            mount -t sysfs -o ro sysfs $3/sys
            mount -t cgroup2 cgroup2 $3/sys/fs/cgroup
            mount -t tmpfs tmpfs $3/dev
            for node in null zero full random urandom tty; do
                touch $3/dev/\$node
                mount --bind /dev/\$node $3/dev/\$node
            done
            mkdir $3/dev/shm $3/dev/pts
            mount -t devpts -o newinstance,ptmxmode=0666 devpts $3/dev/pts
            ln -s pts/ptmx $3/dev/ptmx
            mount -t tmpfs tmpfs $3/run
            cd $3
            mkdir -p .old
            pivot_root . .old
            umount --lazy /.old
            exec env -i container=rehearsal PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin \
                /lib/systemd/systemd --log-target=journal
        "
    ' boot "$cgroup/$1" "$1" "$2" >"$work/$1.boot.log" 2>&1 &
    local parent=$!
    disown
    until [ -s "$3/pid" ]; do
        kill -0 "$parent" 2>/dev/null || fail "$1 did not start: $(cat "$work/$1.boot.log")"
        # unshare forked it.
        tr -d ' ' 2>/dev/null <"/proc/$parent/task/$parent/children" >"$3/pid" || true
        sleep 0.05
    done
    for _ in $(seq 100); do
        if inside "$1" systemctl is-system-running 2>/dev/null | grep -q 'running\|degraded'; then return; fi
        sleep 0.1
    done
    cat "$work/$1.boot.log" >&2
    fail "$1: systemd did not come up"
}

# give_volume INSTANCE: a loop device, where there are any; $volume is then the setting that names it.
volume=()
give_volume() {
    local device host=$work/hosts/$1
    truncate -s 2G "$host/volume"
    device=$(losetup --find --show "$host/volume") || return 0
    echo "$device" >"$host/device"
    inside "$1" mknod /dev/sdf b "$((0x$(stat -c %t "$device")))" "$((0x$(stat -c %T "$device")))"
    volume=(DATA_DEVICE=/dev/sdf)
}

# The kernel lets go of them once nobody has them mounted.
forget_volumes() {
    local file
    for file in "$work"/hosts/*/device; do
        [ ! -e "$file" ] || losetup --detach "$(cat "$file")"
    done
}

# inside INSTANCE COMMAND...: runs it there.
inside() {
    local instance=$1
    shift
    nsenter --target "$(cat "$work/hosts/$instance/pid")" --all --root --wd \
        env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# user_data INSTANCE SETTING...: what cloud-init does with it on the real machine.
user_data() {
    local instance=$1
    shift
    inside "$instance" env "$@" bash /root/user-data >>"$work/$instance.userdata.log" 2>&1
}

# The member, and every file that user data writes: a second run changes none of it.
fingerprint() {
    inside "$1" sh -c 'cat /var/lib/jobnode/node-id /etc/jobnode/ec2.conf /etc/systemd/system/jobnode*.service \
        /etc/systemd/system/jobnode-publish.timer \
        /etc/systemd/system/jobnode.service.d/* /usr/local/sbin/jobnode-ec2 /usr/local/bin/jobnode /etc/fstab |
        sha256sum; ls /etc/systemd/system/*.wants | sort | sha256sum' | tr '\n' ' '
}

# The instance is gone, at once.
terminate() {
    echo terminated >"$state/instances/$1/ec2"
    echo Terminated >"$state/instances/$1/lifecycle"
    kill -KILL "$(cat "$work/hosts/$1/pid")" "$(cat "$work/hosts/$1/metadata-pid")"
}
