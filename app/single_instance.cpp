// SPDX-License-Identifier: Apache-2.0
// One window per data directory.
#include "app/single_instance.h"

#include <cstring>
#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QThread>
#include <sys/file.h>

namespace lectern::app {
namespace {

// More paths than a command line holds.
constexpr qint64 kMaxRequestBytes = 4 << 20;
// sun_path has 108 bytes; Qt binds under a longer temporary name first.
constexpr int kMaxSocketPathBytes = 80;

} // namespace

SingleInstance::SingleInstance(QString dataDirectory, QObject* parent)
    : QObject(parent), m_directory(std::move(dataDirectory))
{
    connect(&m_server, &QLocalServer::newConnection, this, &SingleInstance::accept);
}

SingleInstance::~SingleInstance()
{
    // The socket's file goes while the lock is still held: it cannot be a successor's.
    m_server.close();
}

QString SingleInstance::socketPath() const
{
    const QString canonical = QFileInfo(m_directory).canonicalFilePath();
    const QString inside = QDir(canonical).filePath(QStringLiteral("lectern.sock"));
    if (QFile::encodeName(inside).size() <= kMaxSocketPathBytes)
        return inside;
    const QByteArray hash =
        QCryptographicHash::hash(QFile::encodeName(canonical), QCryptographicHash::Sha256);
    return QDir(QDir::tempPath())
        .filePath(
            QStringLiteral("lectern-%1.sock").arg(QString::fromLatin1(hash.toHex().left(24))));
}

SingleInstance::Outcome SingleInstance::refuse(const QString& reason)
{
    m_reason = reason;
    return Outcome::refused;
}

SingleInstance::Outcome SingleInstance::start(const QStringList& files, int answerMs)
{
    if (!QDir().mkpath(m_directory))
        return refuse(
            tr("Lectern cannot create its data folder %1.").arg(QDir(m_directory).path()));
    const QByteArray path =
        QFile::encodeName(QDir(m_directory).filePath(QStringLiteral("lectern.lock")));
    storage::FileHandle lock(::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.isOpen())
        return refuse(tr("Lectern cannot write in its data folder %1: %2.")
                          .arg(QDir(m_directory).path(), QString::fromLocal8Bit(strerror(errno))));

    QElapsedTimer waited;
    waited.start();
    do {
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
            m_lock = std::move(lock);
            if (!listen())
                return refuse(tr("Lectern cannot listen for further windows in its data folder "
                                 "%1: %2.")
                                  .arg(QDir(m_directory).path(), m_server.errorString()));
            return Outcome::first;
        }
        if (handOver(files, answerMs))
            return Outcome::handedOver;
        // It may just be starting or ending; ask again, also for the lock.
        QThread::msleep(100);
    } while (!waited.hasExpired(answerMs));
    return refuse(tr("Lectern is already running with the data folder %1 but does not answer; wait "
                     "for it, or end it and start Lectern again.")
                      .arg(QDir(m_directory).path()));
}

bool SingleInstance::listen()
{
    const QString path = socketPath();
    QLocalServer::removeServer(path); // of a program that was killed: the lock is ours
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    return m_server.listen(path);
}

bool SingleInstance::handOver(const QStringList& files, int answerMs)
{
    QLocalSocket socket;
    socket.connectToServer(socketPath());
    if (!socket.waitForConnected(answerMs))
        return false;
    QJsonArray paths;
    for (const QString& file : files)
        paths.append(QFileInfo(file).absoluteFilePath()); // the other has another current folder
    socket.write(
        QJsonDocument(QJsonObject{{QStringLiteral("files"), paths}}).toJson(QJsonDocument::Compact)
        + '\n');
    QElapsedTimer waited;
    waited.start();
    while (!socket.canReadLine()) {
        const auto left = answerMs - waited.elapsed();
        if (left <= 0 || !socket.waitForReadyRead(static_cast<int>(left)))
            return false;
    }
    return socket.readLine() == "ok\n";
}

void SingleInstance::accept()
{
    while (QLocalSocket* socket = m_server.nextPendingConnection()) {
        socket->setReadBufferSize(kMaxRequestBytes);
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        const auto read = [this, socket] {
            if (!socket->canReadLine()) {
                if (socket->bytesAvailable() >= kMaxRequestBytes)
                    socket->abort();
                return;
            }
            const QJsonDocument request = QJsonDocument::fromJson(socket->readLine());
            if (!request.isObject()) {
                socket->abort();
                return;
            }
            QStringList files;
            for (const auto& file : request.object().value(QStringLiteral("files")).toArray())
                if (const QString path = file.toString(); QDir::isAbsolutePath(path))
                    files.append(path);
            socket->write("ok\n");
            socket->flush();
            socket->disconnectFromServer();
            emit raised(files);
        };
        connect(socket, &QLocalSocket::readyRead, this, read);
        read(); // what came with the connection
    }
}

} // namespace lectern::app
