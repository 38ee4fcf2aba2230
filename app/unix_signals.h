// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as a Qt signal, so that Ctrl+C and a shutdown end things in order.
#pragma once

#include <QObject>
#include <QSocketNotifier>

namespace lectern::app {

// Thread: the GUI thread. One object a process; a second signal of the same kind before the first
// was handled ends the process as usual.
class UnixSignals : public QObject {
    Q_OBJECT

public:
    explicit UnixSignals(QObject* parent = nullptr);
    ~UnixSignals() override;

signals:
    void interrupted();

private:
    QSocketNotifier m_notifier;
};

} // namespace lectern::app
