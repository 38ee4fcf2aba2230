#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a fresh Debian 12 machine ready and builds Lectern: installs the packages of packages.txt that are
# missing, configures and builds one preset. Called by ./run and ./test.
#   scripts/setup.sh [preset [target...]]        default: release, all targets
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:-release}
targets=("${@:2}")
((${#targets[@]})) || targets=(all)

mapfile -t wanted < <(sed 's/#.*//' scripts/packages.txt | tr -s ' \t' '\n' | sed '/^$/d')
declare -A have
while read -r name; do have[$name]=1; done < <(
    dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' 2>/dev/null | awk '$2 == "installed" { sub(/:.*/, "", $1); print $1 }')
missing=()
for name in "${wanted[@]}"; do
    [[ -n ${have[$name]:-} ]] || missing+=("$name")
done

if ((${#missing[@]})); then
    if ! command -v apt-get >/dev/null; then
        echo "Lectern builds on Debian 12. These packages are missing and there is no apt-get to install them: ${missing[*]}" >&2
        exit 1
    fi
    as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "Please install the missing packages as root, then start again: apt-get install --no-install-recommends ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "Installing ${#missing[@]} missing packages ..." >&2
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

if [[ ! -f build/$preset/build.ninja ]]; then
    cmake --preset "$preset" >&2
fi
cmake --build --preset "$preset" --target "${targets[@]}" >&2
