// SPDX-License-Identifier: Apache-2.0
// One window per data directory: the second program hands its files to the first and ends.
//
//   DIR/lectern.lock   held (kernel file lock) while the window runs; gone with its process,
//   however
//                      that ends, so there is no stale lock
//   DIR/lectern.sock   where the first one listens; in the temporary folder when DIR's path is too
//                      long for a socket
//
// One request a connection: {"files": ["/absolute/path", ...]} and a newline; answered with "ok"
// and a newline.
#pragma once

#include "storage/file_handle.h"

#include <memory>
#include <QLocalServer>
#include <QObject>
#include <QString>
#include <QStringList>

namespace lectern::app {

// Thread: the GUI thread.
class SingleInstance : public QObject {
    Q_OBJECT

public:
    enum class Outcome {
        first,      // this program owns the directory until the object goes
        handedOver, // another one has it, has the files now, and shows its window: end with 0
        refused     // another one has it and does not answer, or the directory cannot be used
    };

    explicit SingleInstance(QString dataDirectory, QObject* parent = nullptr);
    ~SingleInstance() override;

    // Longer than a window freezes, shorter than a person's patience.
    static constexpr int kAnswerMs = 8000;

    // Creates the directory when missing. Waits at most about `answerMs` for the other program.
    [[nodiscard]] Outcome start(const QStringList& files, int answerMs = kAnswerMs);
    [[nodiscard]] const QString& reason() const { return m_reason; } // the sentence of `refused`

signals:
    // Another program was started on the same directory: show the window, take these files.
    void raised(const QStringList& files);

private:
    [[nodiscard]] QString socketPath() const;
    [[nodiscard]] bool listen();
    [[nodiscard]] bool handOver(const QStringList& files, int answerMs);
    void accept();
    Outcome refuse(const QString& reason);

    QString m_directory;
    QString m_reason;
    storage::FileHandle m_lock;
    QLocalServer m_server;
};

} // namespace lectern::app
