// SPDX-License-Identifier: Apache-2.0
// Listing folders: what is taken, what is left out and said, loops and limits.
#include "media/folder.h"
#include "media_test.h"

#include <QTemporaryDir>
#include <QTest>
#include <sys/stat.h>
#include <unistd.h>

using namespace lectern::media;

class FolderTest : public QObject {
    Q_OBJECT

private:
    static QStringList names(const FolderListing& listing)
    {
        QStringList all;
        for (const FolderFile& file : listing.files)
            all.append(QString::fromStdString(file.name));
        return all;
    }

private slots:
    void listsWhatWouldBeRead()
    {
        QTemporaryDir temporary;
        const QDir dir(temporary.path());
        for (const char* folder : {"src/deep", ".git", "node_modules/x", "out"})
            QVERIFY(dir.mkpath(folder));
        write(dir, "b.txt", "12345");
        write(dir, "a.md", "123");
        write(dir, "src/main.cpp", "int main() {}");
        write(dir, "src/deep/x.log", "log");
        write(dir, "src/deep/kept.log", "kept");
        write(dir, "out/gone.txt", "no");
        write(dir, ".hidden", "no");
        write(dir, ".git/config", "no");
        write(dir, "node_modules/x/y.js", "no");
        write(dir, ".gitignore", "# comment\n/out/\n*.log\n");
        write(dir, "src/.gitignore", "!kept.log\n");
        QCOMPARE(::symlink("..", qPrintable(dir.filePath("src/loop"))), 0);
        QCOMPARE(::mkfifo(qPrintable(dir.filePath("pipe")), 0600), 0);

        const auto listing = listFolder(temporary.path().toStdString(), {});
        QVERIFY(listing);
        QCOMPARE(
            names(*listing), QStringList({"a.md", "b.txt", "src/deep/kept.log", "src/main.cpp"}));
        QCOMPARE(listing->bytes, 3U + 5U + 4U + 13U);
        QCOMPARE(listing->special, 2U);
        QCOMPARE(listing->ignored, 7U);
        QCOMPARE(listing->warnings.size(), 2U);
    }

    void refusesWhatHoldsNothing()
    {
        QTemporaryDir temporary;
        QCOMPARE(listFolder(temporary.path().toStdString(), {}).error().message,
            "The folder holds no files that Lectern would read.");
        QCOMPARE(listFolder("/no/such/folder", {}).error().code, ErrorCode::cannotOpen);
        write(QDir(temporary.path()), "a", "b");
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(listFolder(temporary.path().toStdString(), stop.get_token()).error().code,
            ErrorCode::cancelled);
    }

    void followsIgnoreRules_data()
    {
        QTest::addColumn<QString>("rule");
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("folder");
        QTest::addColumn<bool>("matches");
        const auto row = [](const char* rule, const char* name, bool folder, bool matches) {
            QTest::addRow("%s %s", rule, name) << rule << name << folder << matches;
        };
        row("*.o", "a/b/c.o", false, true);
        row("*.o", "c.obj", false, false);
        row("/build", "build", true, true);
        row("/build", "x/build", true, false);
        row("build/", "x/build", true, true);
        row("build/", "x/build", false, false);
        row("doc/*.txt", "doc/a.txt", false, true);
        row("doc/*.txt", "doc/x/a.txt", false, false);
        row("doc/**/a.txt", "doc/x/y/a.txt", false, true);
        row("**/a.txt", "a.txt", false, true);
        row("?at[a-c].[!x]", "catb.y", false, true);
        row("?at[a-c].[!x]", "catb.x", false, false);
        row("[", "[", false, true);
        row("a*b*c*d*e", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false, false);
    }

    void followsIgnoreRules()
    {
        QFETCH(QString, rule);
        QFETCH(QString, name);
        QFETCH(bool, folder);
        QTEST(matchesIgnoreRule(rule.toStdString(), name.toStdString(), folder), "matches");
    }
};

QTEST_APPLESS_MAIN(FolderTest)
#include "folder_test.moc"
