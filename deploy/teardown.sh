#!/usr/bin/env bash
# Removes what deploy/deploy.sh made, and prints every operation that it performs. The queue and all results go with it:
# 'jobnode backup FILE --node ADDRESS' keeps them.
# Usage: deploy/teardown.sh [--yes]     Environment: STACK (jobnode), BUCKET, AWS_PROFILE, AWS_REGION, as for deploy.sh
set -euo pipefail

stack=${STACK:-jobnode}

exec 3>&1
run() {
    printf '+%s\n' "$(printf ' %q' "$@")" >&3
    "$@"
}

account=$(run aws sts get-caller-identity --query Account --output text)
region=${AWS_REGION:-$(aws configure get region || true)}
[ -n "$region" ] || {
    echo "teardown: say in which region: AWS_REGION=eu-central-1." >&2
    exit 1
}
export AWS_REGION=$region AWS_DEFAULT_REGION=$region
bucket=${BUCKET:-$stack-artifacts-$account-$region}

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
