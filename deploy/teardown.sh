#!/usr/bin/env bash
# Removes what deploy/deploy.sh made, and prints every operation that it performs. The queue and all results go with it:
# 'jobnode backup FILE --node ADDRESS' keeps them.
# Usage: deploy/teardown.sh [--yes]     Environment: that of deploy/account.sh, as for deploy.sh
set -euo pipefail

# shellcheck source=deploy/account.sh
. "$(dirname "$0")/account.sh"

if [ "${1:-}" != --yes ]; then
    printf 'This removes the stack %s in %s, its queue and all results, and empties %s. Type the name of the stack: ' \
        "$stack" "$region" "$bucket"
    read -r answer || true
    [ "${answer:-}" = "$stack" ] || {
        echo "teardown: nothing was removed." >&2
        exit 1
    }
fi

run aws cloudformation delete-stack --stack-name "$stack"
run aws cloudformation wait stack-delete-complete --stack-name "$stack"
# Only what deploy.sh put there: a bucket of yours keeps the rest, and then stays.
run aws s3 rm --only-show-errors --recursive "s3://$bucket" --exclude '*' --include 'jobnode-*' --include 'userdata-*'
if [ -z "${BUCKET:-}" ]; then
    run aws s3api delete-bucket --bucket "$bucket"
fi
echo "The stack $stack is gone."
