#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Draws the bundled sample picture and clip (resources/samples). They are committed; this is how they were made.
set -euo pipefail
out=$(cd "$(dirname "${BASH_SOURCE[0]}")/../resources/samples" && pwd)

# A purple diamond on a light yellow ground.
convert -size 448x448 xc:'rgb(250,244,196)' -fill 'rgb(124,44,160)' \
    -draw 'polygon 224,96 338,224 224,352 110,224' -strip "$out/shapes.png"

# A blue ring that moves from left to right, 8 seconds.
ring=$(mktemp --suffix=.png)
trap 'rm -f "$ring"' EXIT
convert -size 120x120 xc:none -fill none -stroke 'rgb(34,76,206)' -strokewidth 24 -draw 'circle 60,60 60,16' "$ring"
ffmpeg -loglevel error -y -f lavfi -i "color=c=0xFCFCFC:s=448x448:r=25:d=8" -i "$ring" \
    -filter_complex "[0][1]overlay=x='16+(W-w-32)*t/8':y='(H-h)/2'" \
    -c:v libx264 -pix_fmt yuv420p -preset slow -crf 26 -movflags +faststart -map_metadata -1 "$out/clip.mp4"
