// SPDX-License-Identifier: Apache-2.0
// The queue behind Mailbox.
#include "app/mailbox.h"

#include <QMetaObject>
#include <QPointer>

namespace lectern::app {

Mailbox::Mailbox(QObject* parent) : QObject(parent) { }

Mailbox::~Mailbox() = default;

void Mailbox::push(std::unique_ptr<Letter> letter)
{
    bool first = false;
    {
        const std::lock_guard lock(m_mutex);
        first = m_letters.empty();
        m_letters.push_back(std::move(letter));
    }
    if (first)
        QMetaObject::invokeMethod(this, "deliver", Qt::QueuedConnection);
}

void Mailbox::deliver()
{
    std::vector<std::unique_ptr<Letter>> letters;
    {
        const std::lock_guard lock(m_mutex);
        letters.swap(m_letters);
    }
    const QPointer<Mailbox> self(this);
    for (const auto& letter : letters) {
        letter->open();
        if (!self)
            return; // a receiver may end the program
    }
}

} // namespace lectern::app
