// SPDX-License-Identifier: Apache-2.0
// Backend memory that is this machine's own: address ranges that get pages as they grow, weights
// borrowed from the mapped file. The base of both CPU backends.
#pragma once

#include "inference/backend.h"

#include <deque>

namespace lectern::inference {

// Bytes this process can still use without swapping; the smaller of the system's and the control
// group's figure. 0 when the system does not tell.
[[nodiscard]] std::uint64_t availableMemory();
// Bytes of addresses this process may still map where they are limited (ulimit -v); 0: no limit.
[[nodiscard]] std::uint64_t addressSpaceLeft();

class HostBackend : public Backend {
public:
    [[nodiscard]] bool inHostMemory() const override { return true; }
    [[nodiscard]] Result<Buffer> reserve(std::uint64_t bytes) override;
    [[nodiscard]] Result<void> commit(Buffer& buffer, std::uint64_t bytes) override;
    void decommit(Buffer& buffer, std::uint64_t bytes) override;
    [[nodiscard]] Result<Matrix> matrix(const TensorView& tensor) override;
    [[nodiscard]] Result<Matrix> table(const TensorView& tensor) override;
    [[nodiscard]] Result<Vector> vector(const TensorView& tensor) override;
    void upload(Rows target, std::span<const float> values) override;
    void download(std::span<float> values, Rows source) override;
    void largest(std::span<TokenLogit> out, Rows in, std::int64_t k) override;
    void setStopToken(std::stop_token stop) override { m_stop = std::move(stop); }
    [[nodiscard]] Result<void> synchronize() override;

protected:
    [[nodiscard]] bool stopped() const { return m_stop.stop_requested(); }

private:
    std::stop_token m_stop;
    std::deque<std::vector<float>> m_vectors; // a deque: their addresses stay
};

} // namespace lectern::inference
