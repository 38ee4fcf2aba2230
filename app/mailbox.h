// SPDX-License-Identifier: Apache-2.0
// The way of results from worker threads to the GUI thread: handed over whole, shared by nobody.
#pragma once

#include <memory>
#include <mutex>
#include <QObject>
#include <vector>

namespace lectern::app {

// Calls posted from any thread run on the thread the mailbox lives on, in the order of posting, and
// are destroyed there. (A functor given to QMetaObject::invokeMethod is owned by both threads for a
// moment, and may be destroyed on the worker after it ran.) What was not delivered when the mailbox
// goes is dropped; whoever posts must be gone by then.
class Mailbox : public QObject {
    Q_OBJECT

public:
    explicit Mailbox(QObject* parent = nullptr);
    ~Mailbox() override;

    // Thread: any. `call()` may own what cannot be copied.
    template <class Call> void post(Call call)
    {
        push(std::make_unique<LetterOf<Call>>(std::move(call)));
    }

private slots:
    void deliver();

private:
    struct Letter {
        virtual ~Letter() = default;
        virtual void open() = 0;
    };
    template <class Call> struct LetterOf : Letter {
        explicit LetterOf(Call given) : call(std::move(given)) { }
        void open() override { call(); }
        Call call;
    };
    void push(std::unique_ptr<Letter> letter);

    std::mutex m_mutex;
    std::vector<std::unique_ptr<Letter>> m_letters; // guarded by m_mutex
};

} // namespace lectern::app
