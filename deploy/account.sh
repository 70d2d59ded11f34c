#!/usr/bin/env bash
# Sourced by deploy.sh and teardown.sh: run, and which $stack in which $region and with which $bucket both mean.
# Environment: STACK (jobnode), BUCKET, and what the AWS CLI reads: AWS_PROFILE, AWS_REGION, AWS_DEFAULT_REGION.
# shellcheck disable=SC2034  # the variables are for those that source this

# run COMMAND...: prints an operation, then performs it. Its answer may be kept, so it is printed elsewhere: on the
# script's own output.
exec 3>&1
run() {
    printf '+%s\n' "$(printf ' %q' "$@")" >&3
    "$@"
}

stack=${STACK:-jobnode}
account=$(run aws sts get-caller-identity --query Account --output text)
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[ -n "$region" ] || {
    echo "$(basename "$0" .sh): say in which region: AWS_REGION=eu-central-1." >&2
    exit 1
}
export AWS_REGION=$region AWS_DEFAULT_REGION=$region
bucket=${BUCKET:-$stack-artifacts-$account-$region}
