#!/usr/bin/env bash
# seconds_of TIME: prints the seconds of a duration: a number of them, or one with a suffix (90s, 10m, 2h). Sourced.
seconds_of() {
    case $1 in
        *h) echo $((${1%h} * 3600)) ;;
        *m) echo $((${1%m} * 60)) ;;
        *) echo "${1%s}" ;;
    esac
}
