// SPDX-License-Identifier: Apache-2.0
// The list models behind the window: conversations, messages, attachments of the draft, search
// results. Read-only for QML; the application is their only writer, on the GUI thread.
#pragma once

#include "ui/attachment_list_model.h"
#include "ui/conversation_list_model.h"
#include "ui/message_list_model.h"
#include "ui/search_results_model.h"
#include "ui/window_state.h"

// Contract with app/ (implementation by ui/):
//   ConversationListModel  reset(std::vector<ConversationData>), upsert(ConversationData),
//   remove(id) MessageListModel       reset(std::vector<MessageData>), append(MessageData),
//   appendText(id, QString delta),
//                          setState(id, MessageData::State, QString note), removeFrom(id)
//   AttachmentListModel    reset(std::vector<AttachmentData>), upsert(AttachmentData), remove(id)
//   SearchResultsModel     reset(QString words, std::vector<SearchResultData>)
// An id that is not there is ignored.
