#!/usr/bin/env bash
# Puts a cluster on AWS, or brings a changed one up to date, and prints every operation that it performs. Ends with the
# two curl lines to try.
# Usage: deploy/deploy.sh AllowedCidr=203.0.113.0/24 [Parameter=Value…]
# Parameters are those of deploy/cloudformation.yaml. VpcId and SubnetIds (with commas) default to the account's default
# VPC. Environment: BINARY (artifacts/jobnode) and that of deploy/account.sh; the bucket is made when it is not there.
# docs/ec2.md tells what it costs; deploy/teardown.sh removes it all.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
binary=${BINARY:-$root/artifacts/jobnode}
user_data=$root/deploy/ec2-userdata.sh
ready_seconds=${READY_SECONDS:-900}

fail() {
    echo "deploy: $*" >&2
    exit 1
}

parameter() { printf '%s\n' "${parameters[@]}" | sed -n "s/^$1=//p" | head -n 1; }

parameters=("$@")
for given in "${parameters[@]}"; do
    [[ $given = [A-Z]*=* ]] || fail "'$given' is no parameter; write AllowedCidr=203.0.113.0/24."
done
[ -n "$(parameter AllowedCidr)" ] || fail "say who may call the API: AllowedCidr=203.0.113.0/24 (your own: x.x.x.x/32)."
[ -x "$binary" ] || fail "there is no $binary; run 'make publish', or name another one in BINARY."
for tool in aws curl sha256sum; do
    command -v "$tool" >/dev/null || fail "'$tool' is needed and not on the PATH."
done

# shellcheck source=deploy/account.sh
. "$root/deploy/account.sh"

if [ -z "$(parameter VpcId)" ]; then
    vpc=$(run aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)
    [[ $vpc = vpc-* ]] || fail "this region has no default VPC; give VpcId=… and SubnetIds=…,…,…"
    parameters+=("VpcId=$vpc")
fi
if [ -z "$(parameter SubnetIds)" ]; then
    subnets=$(run aws ec2 describe-subnets --filters "Name=vpc-id,Values=$(parameter VpcId)" \
        Name=default-for-az,Values=true --query 'Subnets[].SubnetId' --output text)
    parameters+=("SubnetIds=$(tr -s '[:space:]' '\n' <<<"$subnets" | grep . | head -n 3 | paste -sd,)")
fi
[ "$(parameter SubnetIds | tr ',' '\n' | grep -c .)" -ge 3 ] ||
    fail "three subnets in three zones are needed, so that a lost zone costs one vote; give SubnetIds=…,…,…"

if ! run aws s3api head-bucket --bucket "$bucket" 2>/dev/null; then
    # us-east-1 is the one region that must not be named here.
    place=()
    [ "$region" = us-east-1 ] || place=(--create-bucket-configuration "LocationConstraint=$region")
    run aws s3api create-bucket --bucket "$bucket" "${place[@]}"
    run aws s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
        BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
fi

# Under their own checksum: a changed file has another name, so instances are replaced and fetch just what was meant.
binary_sum=$(sha256sum "$binary" | cut -d' ' -f1)
user_data_sum=$(sha256sum "$user_data" | cut -d' ' -f1)
run aws s3 cp --only-show-errors "$binary" "s3://$bucket/jobnode-$binary_sum"
run aws s3 cp --only-show-errors "$user_data" "s3://$bucket/userdata-$user_data_sum"
parameters+=("ArtifactBucket=$bucket" "BinaryKey=jobnode-$binary_sum" "BinarySha256=$binary_sum"
    "UserDataKey=userdata-$user_data_sum" "UserDataSha256=$user_data_sum")

run aws cloudformation deploy --stack-name "$stack" --template-file "$root/deploy/cloudformation.yaml" \
    --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --parameter-overrides "${parameters[@]}" \
    --tags "jobnode=$stack"
run aws cloudformation describe-stacks --stack-name "$stack" --output table \
    --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]'
address=$(run aws cloudformation describe-stacks --stack-name "$stack" --output text \
    --query "Stacks[0].Outputs[?OutputKey=='Address'].OutputValue")

echo "waiting until a node answers at $address (at most $ready_seconds s)"
deadline=$((SECONDS + ready_seconds))
until curl -fsS --max-time 5 -o /dev/null "$address/readyz" 2>/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] ||
        fail "no node is ready yet. May you call it (AllowedCidr)? Their log: aws logs tail /jobnode/$stack --since 1h"
    sleep 5
done

token=
# shellcheck disable=SC2016  # for the reader's shell
[ -z "$(parameter SsmPath)" ] || token=' -H "Authorization: Bearer $TOKEN"'
cat <<LINES

The cluster is ready. Make a file and try it:
    head -c 100000 /dev/urandom >dummy
    curl "$address/enqueue?iterations=3" -F "data=@dummy" -X PUT$token
    curl -X POST "$address/pullCompleted?top=10"$token
LINES
