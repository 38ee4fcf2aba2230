// SPDX-License-Identifier: Apache-2.0
// The first rows of another model.
#pragma once

#include <QSortFilterProxyModel>
#include <QtQml/qqmlregistration.h>

namespace lectern::ui {

class FirstRowsModel : public QSortFilterProxyModel {
    Q_OBJECT
    QML_NAMED_ELEMENT(FirstRows)
    Q_PROPERTY(int limit READ limit WRITE setLimit NOTIFY limitChanged)

public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    int limit() const { return m_limit; }
    void setLimit(int limit);

signals:
    void limitChanged();

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    int m_limit = 0;
};

} // namespace lectern::ui
