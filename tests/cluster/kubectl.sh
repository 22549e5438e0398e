#!/usr/bin/env bash
#
# kubectl as the running cluster's administrator.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
kubectl "$@"
