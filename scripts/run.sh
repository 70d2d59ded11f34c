#!/usr/bin/env bash
# Starts one node on this machine. Usage: scripts/run.sh BINARY API_PORT CLUSTER_PORT DATA_DIRECTORY
set -euo pipefail

binary=${1:?usage: scripts/run.sh BINARY API_PORT CLUSTER_PORT DATA_DIRECTORY}
api_port=${2:?the API port is missing}
cluster_port=${3:?the cluster port is missing}
data=${4:?the data directory is missing}

for port in "$api_port" "$cluster_port"; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "run: port $port is taken by another program. Stop it, or choose other ports:" >&2
        echo "     make run PORT=5100 CLUSTER_PORT=5101" >&2
        exit 1
    fi
done

mkdir -p "$data"
# The node itself prints where it listens and the curl lines to try.
echo "One node with its data in $data. Ctrl+C stops it; the data stays."
exec "$binary" serve --listen "127.0.0.1:$api_port" --cluster-listen "127.0.0.1:$cluster_port" --data-dir "$data"
