#!/bin/sh
# Draws public/icons/*.png from the SVGs with GStreamer's SVG decoder (gstreamer1.0-plugins-bad). Run after a change.
set -e
cd "$(dirname "$0")/../public/icons"
draw() {
  sed "s/width=\"512\" height=\"512\"/width=\"$2\" height=\"$2\"/" "$1.svg" >".draw.svg"
  gst-launch-1.0 -q filesrc location=.draw.svg ! rsvgdec ! videoconvert ! video/x-raw,format=RGBA ! pngenc snapshot=true ! filesink location="$3.png"
  rm .draw.svg
}
draw icon 192 icon-192
draw icon 512 icon-512
draw icon-maskable 512 icon-maskable-512
