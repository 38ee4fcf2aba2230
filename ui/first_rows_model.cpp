// SPDX-License-Identifier: Apache-2.0
// A filter by row number.
#include "ui/first_rows_model.h"

#include <utility>

namespace lectern::ui {

void FirstRowsModel::setLimit(int limit)
{
    if (std::exchange(m_limit, limit) == limit)
        return;
    invalidateRowsFilter();
    emit limitChanged();
}

bool FirstRowsModel::filterAcceptsRow(int row, const QModelIndex&) const
{
    return row < m_limit;
}

} // namespace lectern::ui
