// SPDX-License-Identifier: Apache-2.0
// Choosing the CPU backend.
#include "inference/cpu/cpu_backend.h"

#include "inference/cpu/reference_backend.h"

#include <algorithm>
#include <fstream>
#include <sched.h>
#include <set>
#include <string>

namespace lectern::inference {

int physicalCores()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 1;
    std::set<std::string> cores; // by their hyper-threads, e.g. "0,8"
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed))
            continue;
        std::ifstream file(
            "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        std::string siblings;
        cores.insert(file >> siblings ? siblings : std::to_string(cpu));
    }
    return std::max(1, static_cast<int>(cores.size()));
}

SimdLevel detectedSimdLevel()
{
    return SimdLevel::scalar;
}

std::unique_ptr<Backend> createCpuBackend(const CpuOptions&)
{
    return std::make_unique<ReferenceBackend>();
}

} // namespace lectern::inference
