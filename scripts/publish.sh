#!/usr/bin/env bash
# Publishes one project by Native AOT and puts its one executable where it is told.
# Usage: scripts/publish.sh PROJECT_DIRECTORY EXECUTABLE_NAME DESTINATION [ARGUMENT_OF_DOTNET...]
# With arguments of its own a build gets its own intermediate files, so that it does not undo the usual one's.
# Any warning of the compiler, the trimmer or the AOT compiler is an error (Directory.Build.props).
set -euo pipefail

project=${1:?usage: scripts/publish.sh PROJECT_DIRECTORY EXECUTABLE_NAME DESTINATION}
executable=${2:?the name of the executable is missing}
destination=${3:?the destination is missing}
shift 3

if [ "$(uname -s) $(uname -m)" != "Linux x86_64" ]; then
    echo "publish: jobnode is built on and for Linux x86-64; this machine is $(uname -s) $(uname -m)." >&2
    exit 1
fi

# Its own folder for intermediate files: builds with and without a runtime identifier would undo each other's restore.
root=$(cd "$(dirname "$0")/.." && pwd)
work="$root/artifacts/build"
[ $# -eq 0 ] || work="$work-$(basename "$destination")"
output="$work/publish/$executable"
rm -rf "$output"
mkdir -p "$output" "$(dirname "$destination")"

dotnet publish "$root/$project" -c Release -r linux-x64 --artifacts-path "$work" -o "$output" \
    --disable-build-servers -nodeReuse:false -v quiet --nologo "$@"

[ -x "$output/$executable" ] || {
    echo "publish: $project did not give an executable named $executable." >&2
    exit 1
}

# A new file and a rename: a running node keeps the old one, and a half-copied file is never seen.
cp "$output/$executable" "$destination.new"
mv -f "$destination.new" "$destination"
echo "publish: $destination ($(stat -c %s "$destination" | numfmt --to=iec))"
