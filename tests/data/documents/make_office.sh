#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the Office files of this folder from report.fodt, book.fods and slides.md (LibreOffice, pandoc);
# they are committed, tests need neither.
set -e
convert() { soffice --headless --convert-to "$1" "$2"; }
convert odt report.fodt
convert docx report.fodt
convert ods book.fods
convert xlsx book.fods
pandoc slides.md -o slides.pptx
convert odp slides.pptx
pandoc chapters.md -o chapters.epub --toc
