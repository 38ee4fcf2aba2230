// SPDX-License-Identifier: Apache-2.0
// The texts and pictures of the preview.
#include "preview_data.h"

#include "ui/models.h"

#include <QDateTime>
#include <QPainter>

namespace lectern::ui {
namespace {

QImage drawnThumbnail(const QColor& sky, const QColor& ground)
{
    QImage image(256, 192, QImage::Format_RGB32);
    image.fill(sky);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(255, 236, 179));
    painter.drawEllipse(QPoint(190, 52), 26, 26);
    painter.setBrush(ground);
    painter.drawPolygon(
        QPolygon({{0, 150}, {70, 80}, {128, 138}, {180, 92}, {256, 160}, {256, 192}, {0, 192}}));
    return image;
}

} // namespace

QString longAnswer()
{
    return QStringLiteral(
        R"(The minutes record **three decisions** and one open question. Revenue grew by *8.4 %*; the full figures are in `report.csv`, and the board's rules are [online](https://example.org/rules).

## What was decided

1. The budget of **1.2 million** was approved without changes.
2. The office in Lyon opens in March:
   - lease signed by the end of the year
   - eleven people move, four are hired
3. The next meeting takes place on 14 May.

> The chair asked everybody to read the risk report before the vote.
>
> Two members had not received it.

| Quarter | Revenue | Change | Remark |
|:--------|--------:|-------:|:-------|
| Q1 2025 | 4,210 | +3.1 % | as planned |
| Q2 2025 | 4,565 | +8.4 % | two large orders arrived early |
| Q3 2025 | 4,480 | −1.9 % | holiday season |

### A small script for the totals

```python
import csv

def total(path: str, column: str = "revenue") -> float:
    """Adds up one column; a missing value counts as zero."""
    with open(path, newline="", encoding="utf-8") as file:
        return sum(float(row[column] or 0) for row in csv.DictReader(file))

print(f"{total('report.csv'):,.2f}")
```

Checks that remain:

- [x] compare with last year
- [ ] ask Lyon for the signed lease

日本語の要約:取締役会は予算を承認し、リヨンに新しい事務所を開設することを決定しました。

وافق مجلس الإدارة على الميزانية، وسيُعقد الاجتماع القادم في 14 مايو.

That is everything the document says 🙂 — nothing in it mentions the merger.)");
}

void fillModel(WindowState& state)
{
    state.setSettings({{QStringLiteral("temperature"), 0.6}, {QStringLiteral("topK"), 40},
        {QStringLiteral("topP"), 0.9}, {QStringLiteral("minP"), 0.0},
        {QStringLiteral("repetitionPenalty"), 1.0}, {QStringLiteral("maxTokens"), 2048},
        {QStringLiteral("answeringIsDefault"), false},
        {QStringLiteral("kv"), QStringLiteral("q8_0")}, {QStringLiteral("context"), 0},
        {QStringLiteral("weights"), QStringLiteral("automatic")}});
    state.setModel({.name = QStringLiteral("Lectern nano"),
        .detail = QStringLiteral("llama4, 3 layers, 8 experts, F16, 12 MB"),
        .error = {},
        .demonstration = true,
        .loading = false,
        .seesImages = true});
    state.setUsage(0, 0, 8192);
    state.setCanSend(true);
}

void fillConversation(WindowState& state)
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    constexpr qint64 kHour = 3600 * 1000;
    constexpr qint64 kDay = 24 * kHour;
    state.conversations().reset({{1, QStringLiteral("Board minutes: decisions and figures"), now},
        {2, QStringLiteral("What is on the photo of the harbour?"), now - 1000},
        {3, QStringLiteral("Clip of the machine test"), now - kDay},
        {4, QStringLiteral("Lease contract, clauses on notice and what they mean for us"),
            now - kDay},
        {5, QStringLiteral("会議の要約"), now - 3 * kDay},
        {6, QStringLiteral("Interview transcript, names and dates"), now - 5 * kDay},
        {7, QStringLiteral("ملخص التقرير السنوي"), now - 12 * kDay},
        {8, QStringLiteral("Bug in the parser"), now - 20 * kDay},
        {9, QStringLiteral("Travel notes"), now - 70 * kDay}});
    state.setCurrentConversation(1);

    AttachmentData minutes{1, QStringLiteral("board-minutes-2025-04.md"), QStringLiteral("text"),
        QStringLiteral("Markdown, 3 KB, 812 tokens"),
        {QStringLiteral("Only the first 62 % of \"board-minutes-2025-04.md\" was read (503 of 812 "
                        "tokens), because the model holds 8192 tokens.")},
        AttachmentData::State::Ready, 1, {}};
    AttachmentData photo{2, QStringLiteral("harbour.jpg"), QStringLiteral("image"),
        QStringLiteral("JPEG, 2.1 MB, 4032 × 3024"), {}, AttachmentData::State::Ready, 1,
        drawnThumbnail(QColor(96, 150, 206), QColor(47, 84, 96))};
    using Role = MessageData::Role;
    using State = MessageData::State;
    state.messages().reset(
        {{1, Role::User, State::Complete,
             QStringLiteral("What did the board decide, and how did the revenue develop?"),
             {minutes, photo}, {}},
            {2, Role::Assistant, State::Complete, longAnswer(), {},
                QStringLiteral("Lectern nano, 23 tok/s")},
            {3, Role::User, State::Complete, QStringLiteral("And the merger?"), {}, {}},
            {4, Role::Assistant, State::Stopped,
                QStringLiteral("The minutes do not mention a merger. They say only that"), {},
                QStringLiteral("Stopped, Lectern nano, 21 tok/s")}});
    state.setUsage(23.4, 1874, 8192);
}

void fillDraft(WindowState& state)
{
    using State = AttachmentData::State;
    state.draftAttachments().reset(
        {{11, QStringLiteral("lease-contract-final.txt"), QStringLiteral("text"),
             QStringLiteral("Plain text, 48 KB, 11,904 tokens"),
             {QStringLiteral("This file takes 11,904 tokens and the model holds 8,192, so only a "
                             "part of it will be read.")},
             State::Ready, 1, {}},
            {12, QStringLiteral("machine-test.mp4"), QStringLiteral("video"), {}, {},
                State::Reading, 0.42, drawnThumbnail(QColor(60, 62, 82), QColor(120, 96, 74))},
            {13, QStringLiteral("archive.zip"), {},
                QStringLiteral(
                    "Lectern does not read archives. Unpack it and drop the files inside."),
                {}, State::Rejected, 0, {}}});
}

} // namespace lectern::ui
