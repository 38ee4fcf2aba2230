// SPDX-License-Identifier: Apache-2.0
// SHA-256 against published vectors and against Qt's, in one piece and in many.
#include "storage/sha256.h"

#include <QCryptographicHash>
#include <QObject>
#include <QTest>

using namespace lectern::storage;

class Sha256Test : public QObject {
    Q_OBJECT
private slots:
    void agreesWithThePublishedVectors()
    {
        QCOMPARE(sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        QCOMPARE(
            sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        QCOMPARE(sha256Hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }

    void agreesWithQtAtEveryLengthAroundABlock()
    {
        QByteArray bytes;
        for (int length = 0; length < 200; ++length) {
            QCOMPARE(QByteArray::fromStdString(sha256Hex(bytes.toStdString())),
                QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
            bytes.append(static_cast<char>(length * 7));
        }
    }

    void isTheSameInPieces()
    {
        const std::string bytes(1000, 'p');
        Sha256 hash;
        for (std::size_t at = 0, step = 1; at < bytes.size(); at += step, step = step % 130 + 1)
            hash.update(std::string_view(bytes).substr(at, step));
        QCOMPARE(hash.finish(), sha256Hex(bytes));
    }
};

QTEST_GUILESS_MAIN(Sha256Test)
#include "sha256_test.moc"
