#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything there is to know of the CUDA backend on one machine with a GPU, in one run of under ten
# minutes: builds, checks against the CPU reference, sanitizes, times. Prints a short table; every
# figure stands beside what the GPU itself was measured to do in the same run.
#
#   tests/bench/cuda.sh pack    where the packages are (no GPU needed): builds into build/cuda-kit
#   tests/bench/cuda.sh         on the GPU's machine: runs build/cuda-kit, or builds first where it
#                               is not there and the packages are
set -u
cd "$(dirname "$0")/../.." || exit 1
kit=build/cuda-kit
export PATH="/usr/local/cuda/bin:$PATH"
export LECTERN_TEST_ROOT="$PWD/tests"

pack() {
    cmake -S inference -B build/cuda -G Ninja -DCMAKE_BUILD_TYPE=Release || exit 1
    cmake --build build/cuda --target lectern_cuda cuda_ops_test cuda_models_test cuda_limits \
        cuda_bench -j "$(nproc)" || exit 1
    mkdir -p "$kit"
    cp build/cuda/bin/{liblectern_cuda.so,cuda_ops_test,cuda_models_test,cuda_limits,cuda_bench} "$kit"
    # The few libraries that a bare machine does not have.
    ldd "$kit"/cuda_bench "$kit"/liblectern_cuda.so |
        awk '/libfmt|libpcre2|libxxhash/ { print $3 }' | sort -u | xargs -I{} cp -L {} "$kit"
}

[ "${1:-}" = pack ] && { pack; exit 0; }
[ -x "$kit/cuda_bench" ] || pack
export LD_LIBRARY_PATH="$kit${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
failed=0
step() { # NAME COMMAND...: its last line, and whether it went well
    local name=$1 log begin=$SECONDS
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        printf '%-34s ok      %4d s  %s\n' "$name" $((SECONDS - begin)) "$(tail -1 "$log")"
    else
        printf '%-34s FAILED  %4d s\n' "$name" $((SECONDS - begin))
        grep -E "FAIL|ERROR|=========|SKIP" "$log" | head -20
        failed=1
    fi
    rm -f "$log"
}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null
step "ops against the CPU reference" timeout 120 "$kit/cuda_ops_test"
step "golden models" timeout 120 "$kit/cuda_models_test"

limits=$("$kit/cuda_limits") || exit 1
copy=$(awk '/^copy/ { print $2 }' <<<"$limits")
bf16=$(awk '/^bf16/ { print $2 }' <<<"$limits")
awk '{ printf "%-34s %.2f %s\n", $1 == "copy" ? "copy bandwidth" : "bf16 rate (cuBLAS)", $2 / 1e12,
    $1 == "copy" ? "TB/s" : "TFLOP/s" }' <<<"$limits"
bench() { timeout 240 "$kit/cuda_bench" "$@" || failed=1; }
bench scout Q4_K 0 f16 "$copy" "$bf16" n 64 p 1024 p 8192 d 8192 n 64
bench scout Q4_K 0 q8_0 "$copy" "$bf16" d 131072 n 32
bench maverick Q4_K 8 f16 "$copy" "$bf16" n 64 p 1024

# Last, because they take longest and tell least of what is new.
for tool in memcheck racecheck initcheck; do
    command -v compute-sanitizer >/dev/null || { echo "compute-sanitizer: not installed"; break; }
    step "compute-sanitizer $tool" timeout 100 compute-sanitizer --tool "$tool" --error-exitcode 9 \
        "$kit/cuda_ops_test" opsThatGoTogether
done
exit $failed
