// SPDX-License-Identifier: Apache-2.0
// Blobs: written all or not at all, once each, and removed only when nobody wants them.
#include "storage/blob_folder.h"

#include "storage/sha256.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <QDirIterator>
#include <QObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <sys/stat.h>

using namespace lectern::storage;

namespace {

std::string contentOf(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

int filesIn(const std::filesystem::path& folder)
{
    int count = 0;
    QDirIterator files(QString::fromStdString(folder.string()), QDir::Files | QDir::Hidden,
        QDirIterator::Subdirectories);
    while (files.hasNext()) {
        files.next();
        ++count;
    }
    return count;
}

} // namespace

class BlobFolderTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::filesystem::path m_root;
    std::filesystem::path m_source;
    std::unique_ptr<BlobFolder> m_blobs;

private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_root = m_dir->filePath("blobs").toStdString();
        m_source = m_dir->filePath("source.bin").toStdString();
        m_blobs = std::make_unique<BlobFolder>(m_root);
        QVERIFY(m_blobs->create());
    }

    void keepsAFileUnderItsHashAndTellsProgress()
    {
        std::string bytes(3'500'000, '\0');
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<char>(i * 31 >> 3);
        write(m_source, bytes);
        std::vector<std::uint64_t> progress;
        const auto blob = m_blobs->putFile(
            m_source, {}, [&](std::uint64_t copied) { progress.push_back(copied); });
        QVERIFY(blob);
        QCOMPARE(blob->sha256, sha256Hex(bytes));
        QCOMPARE(blob->byteSize, std::uint64_t(bytes.size()));
        QVERIFY(progress.size() >= 4 && progress.back() == bytes.size());
        std::filesystem::remove(m_source);
        QVERIFY(contentOf(m_blobs->pathOf(blob->sha256)) == bytes);
        struct stat info = {};
        QCOMPARE(::stat(m_blobs->pathOf(blob->sha256).c_str(), &info), 0);
        QCOMPARE(info.st_mode & 077, 0u); // nobody else's business
    }

    void keepsEqualContentOnceAndHealsADamagedCopy()
    {
        const auto first = m_blobs->putBytes("same");
        QVERIFY(first);
        write(m_blobs->pathOf(first->sha256), "rot");
        write(m_source, "same");
        const auto second = m_blobs->putFile(m_source, {}, {});
        QVERIFY(second);
        QCOMPARE(second->sha256, first->sha256);
        QCOMPARE(filesIn(m_root), 1);
        QCOMPARE(contentOf(m_blobs->pathOf(first->sha256)), std::string("same"));
        QVERIFY(m_blobs->putBytes(""));
        QCOMPARE(filesIn(m_root), 2);
    }

    void stopsWhenAskedAndLeavesNothing()
    {
        write(m_source, std::string(5'000'000, 's'));
        std::stop_source stop;
        const auto blob = m_blobs->putFile(
            m_source, stop.get_token(), [&](std::uint64_t) { stop.request_stop(); });
        QVERIFY(!blob);
        QCOMPARE(blob.error().code, ErrorCode::cancelled);
        QCOMPARE(filesIn(m_root), 0);
    }

    void refusesWhatIsNotAFile()
    {
        QCOMPARE(m_blobs->putFile(m_source, {}, {}).error().code, ErrorCode::cannotRead);
        QCOMPARE(m_blobs->putFile(m_root, {}, {}).error().code, ErrorCode::cannotRead);
        const auto pipe = m_dir->filePath("pipe").toStdString();
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        QCOMPARE(m_blobs->putFile(pipe, {}, {}).error().code, ErrorCode::cannotRead);
        QCOMPARE(filesIn(m_root), 0);
    }

    void refusesAFileThatChangesWhileItIsRead_data()
    {
        QTest::addColumn<qint64>("newSize");
        QTest::newRow("shrinks") << qint64(1'500'000);
        QTest::newRow("grows") << qint64(9'000'000);
        QTest::newRow("vanishes-in-place") << qint64(0);
        QTest::newRow("overwritten") << qint64(3'000'000);
    }
    void refusesAFileThatChangesWhileItIsRead()
    {
        QFETCH(qint64, newSize);
        write(m_source, std::string(3'000'000, 'c'));
        std::filesystem::last_write_time(
            m_source, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
        bool changed = false;
        const auto blob = m_blobs->putFile(m_source, {}, [&](std::uint64_t) {
            if (std::exchange(changed, true))
                return;
            if (newSize == 3'000'000)
                write(m_source, std::string(3'000'000, 'd'));
            else
                std::filesystem::resize_file(m_source, static_cast<std::uintmax_t>(newSize));
        });
        QVERIFY(!blob);
        QCOMPARE(blob.error().code, ErrorCode::cannotRead);
        QVERIFY(blob.error().message.find("changed") != std::string::npos);
        QCOMPARE(filesIn(m_root), 0);
    }

    void finishesAFileThatIsUnlinkedWhileItIsRead()
    {
        const std::string bytes(3'000'000, 'u');
        write(m_source, bytes);
        const auto blob = m_blobs->putFile(
            m_source, {}, [&](std::uint64_t) { std::filesystem::remove(m_source); });
        QVERIFY(blob); // its content is still whole: the open file keeps it
        QCOMPARE(blob->sha256, sha256Hex(bytes));
    }

    void aFullDiskIsASentenceAndLeavesNothing()
    {
        write(m_source, std::string(4'000'000, 'f'));
        QProcess writer;
        writer.start(STORAGE_CRASH_WRITER,
            {"fill-blob", m_dir->filePath("data"), QString::fromStdString(m_source.string()),
                "2500000"});
        QVERIFY(writer.waitForFinished(60'000));
        const QByteArray said = writer.readAllStandardOutput();
        QVERIFY2(said.startsWith("error " + QByteArray::number(int(ErrorCode::full))), said);
        QVERIFY2(said.contains("space"), said);
        QCOMPARE(filesIn(m_dir->filePath("data/blobs").toStdString()), 0);
    }

    void removesOnlyItsOwnUnwantedFiles()
    {
        const auto kept = m_blobs->putBytes("kept");
        const auto gone = m_blobs->putBytes("gone");
        QVERIFY(kept && gone);
        write(m_root / "new-abcdef", "left by a crash");
        write(m_blobs->pathOf(kept->sha256).parent_path() / "notes.txt", "somebody else's");
        QVERIFY(m_blobs->removeUnless(
            [&](const std::string& sha256) { return sha256 == kept->sha256; }));
        QVERIFY(std::filesystem::exists(m_blobs->pathOf(kept->sha256)));
        QVERIFY(!std::filesystem::exists(m_blobs->pathOf(gone->sha256)));
        QCOMPARE(filesIn(m_root), 2);
    }

    void namesNothingOutsideItself()
    {
        QVERIFY(m_blobs->pathOf("../../etc/passwd").empty());
        QVERIFY(m_blobs->pathOf("").empty());
        QVERIFY(m_blobs->pathOf(std::string(64, '/')).empty());
    }
};

QTEST_GUILESS_MAIN(BlobFolderTest)
#include "blob_folder_test.moc"
