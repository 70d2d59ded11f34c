#!/usr/bin/env bash
# Stands in for the AWS CLI on the hosts of the rehearsal: knows exactly the calls that deploy/ec2-userdata.sh makes,
# answers them from /rehearsal, and writes each into /rehearsal/calls. Anything else is refused, as a typing mistake is.
set -euo pipefail
state=/rehearsal
own=$(cat /etc/rehearsal-instance)
printf '%s: aws %s\n' "$own" "$*" >>"$state/calls"

refuse() {
    echo "$1" >&2
    exit "$2"
}

# value FLAG ARGUMENTS...: what follows the flag.
value() {
    local flag=$1
    shift
    while [ $# -gt 1 ]; do
        if [ "$1" = "$flag" ]; then
            echo "$2"
            return
        fi
        shift
    done
    refuse "the following arguments are required: $flag" 252
}

told() { cat "$state/instances/$1/$2" 2>/dev/null || true; }

[ "${AWS_DEFAULT_REGION:-}" = eu-central-1 ] || refuse "You must specify a region." 253
case "$1 $2" in
    "ec2 describe-instances")
        query=$(value --query "$@")
        if [[ $query = *aws:autoscaling:groupName* ]]; then
            told "$(value --instance-ids "$@")" group
            exit
        fi
        [ "$query" = 'Reservations[].Instances[].PrivateIpAddress' ] || refuse "not in this play: $query" 252
        tag=$(printf '%s\n' "$@" | sed -n 's/^Name=tag:\(.*\),Values=\(.*\)$/\1 \2/p')
        [ "${tag%% *}" = aws:autoscaling:groupName ] || refuse "not in this play: $tag" 252
        for folder in "$state"/instances/*; do
            instance=$(basename "$folder")
            if [ "$(told "$instance" group)" = "${tag#* }" ] && [[ $(told "$instance" ec2) = @(pending|running) ]]; then
                printf '%s\t' "$(told "$instance" address)"
            fi
        done
        echo
        ;;
    "autoscaling complete-lifecycle-action")
        instance=$(value --instance-id "$@")
        [ "$(value --auto-scaling-group-name "$@")" = "$(told "$instance" group)" ] || refuse "no such group" 254
        result=$(value --lifecycle-action-result "$@")
        case "$(value --lifecycle-hook-name "$@") $(told "$instance" lifecycle) $result" in
            "jobnode-launching Pending:Wait CONTINUE") echo InService >"$state/instances/$instance/lifecycle" ;;
            "jobnode-launching Pending:Wait ABANDON") echo Terminating:Wait >"$state/instances/$instance/lifecycle" ;;
            "jobnode-terminating Terminating:Wait CONTINUE")
                echo Terminating:Proceed >"$state/instances/$instance/lifecycle"
                ;;
            *) refuse "(ValidationError) No active Lifecycle Action found with instance ID $instance" 254 ;;
        esac
        ;;
    "autoscaling set-instance-health")
        value --health-status "$@" >"$state/instances/$(value --instance-id "$@")/health"
        ;;
    "cloudwatch put-metric-data")
        [ "$(value --namespace "$@")" = jobnode ] || refuse "(AccessDenied) the namespace is not jobnode" 254
        value --value "$@" | grep -qx '[0-9]*' || refuse "the value is no number" 252
        ;;
    "s3 cp")
        # aws s3 cp --only-show-errors s3://… FILE
        [ -e "$state/s3/${4#s3://}" ] || refuse "(404) when calling the HeadObject operation: Not Found" 1
        cp "$state/s3/${4#s3://}" "$5"
        ;;
    "ssm get-parameter") cat "$state/parameters/$(basename "$(value --name "$@")")" ;;
    *) refuse "aws: error: argument operation: not in this play: $1 $2" 252 ;;
esac
