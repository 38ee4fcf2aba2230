#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Starts Lectern on a virtual X server, drops the sample document on its window with a real drag, types a question,
# waits for the streamed answer, kills the program in the middle of another answer, starts it again and checks that
# the conversation is there, and stops an answer with Esc. Screenshots go to $LECTERN_SHOTS when it is set.
#   window.sh LECTERN DRAG_SOURCE
set -uo pipefail
lectern=$1 drag_source=$2
samples=$LECTERN_SOURCE_ROOT/resources/samples
work=$(mktemp -d)
data=$work/data
pids=()
cleanup() { for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null; done; rm -rf "$work"; }
trap cleanup EXIT
fail() {
    echo "FAIL: $1"
    shot failure
    tail -n 20 "$work"/*.log 2>/dev/null
    exit 1
}
for tool in Xvfb xdotool sqlite3; do
    command -v "$tool" >/dev/null || { echo "SKIP: $tool is not installed"; exit 1; }
done

# -displayfd lets the server choose a free display; -noreset keeps it up while no program is connected.
exec 3<>"$work/display" 2>/dev/null || { : >"$work/display"; exec 3<>"$work/display"; }
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp -noreset >"$work/xvfb.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do [[ -s $work/display ]] && break; sleep 0.1; done
DISPLAY=:$(tr -d '[:space:]' <"$work/display")
export DISPLAY QT_QPA_PLATFORM=xcb QT_QUICK_BACKEND=software XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache
unset WAYLAND_DISPLAY

shot() { [[ -z ${LECTERN_SHOTS:-} ]] || import -window root "$LECTERN_SHOTS/$1.png" 2>/dev/null; }
query() { sqlite3 -readonly -cmd '.timeout 2000' "$data/lectern.db" "$1" 2>/dev/null; }
# wait_for SECONDS DESCRIPTION COMMAND...
wait_for() {
    local limit=$1 what=$2
    shift 2
    for _ in $(seq $((limit * 5))); do "$@" && return 0; sleep 0.2; done
    fail "$what"
}
start() {
    "$lectern" --data-dir "$data" "$@" >"$work/lectern.log" 2>&1 &
    app=$!
    pids+=("$app")
    wait_for 60 "the window did not appear" window_is_there
    xdotool windowsize --sync "$window" 1280 800 windowmove "$window" 0 0
    sleep 1
    xdotool windowfocus "$window"
    sleep 1
}
window_is_there() { window=$(xdotool search --onlyvisible --name '^Lectern' 2>/dev/null | tail -n 1); [[ -n $window ]]; }
answers() { query "SELECT count(*) FROM messages WHERE role = 'assistant' AND state = '$1'"; }
has_answers() { [[ $(answers "$1") == "$2" ]]; }
dropped() { grep -q '^dropped' "$work/drag.log"; }
attachment_stored() { [[ -n $(find "$data/blobs" -type f 2>/dev/null) ]]; }

start
shot empty

"$drag_source" 0 700 "$samples/minutes.txt" >"$work/drag.log" 2>&1 &
drag=$!
pids+=("$drag")
sleep 2
xdotool mousemove 50 750 mousedown 1
for step in $(seq 20); do xdotool mousemove $((50 + step * 30)) $((750 - step * 20)); sleep 0.03; done
sleep 0.5
shot dragging
xdotool mouseup 1
wait_for 20 "the drag was not accepted" dropped
wait_for 30 "the dropped file was not stored" attachment_stored
kill "$drag" # not before: the drop's data comes from there
sleep 1
shot dropped

xdotool windowfocus "$window" type --delay 20 'What is the invoice number?'
sleep 0.5
shot typed
xdotool key Return
wait_for 60 "no answer was completed" has_answers complete 1
sleep 1
shot answered
answer=$(query "SELECT group_concat(p.text, '') FROM messages m JOIN message_parts p ON p.message_id = m.id WHERE m.role = 'assistant'")
[[ -n $answer ]] || fail "the answer is empty"

# A second question, killed as hard as can be.
xdotool type --delay 20 'Please summarize the document'
xdotool key Return
sleep 0.3
kill -9 "$app"
wait "$app" 2>/dev/null

start
shot restarted
integrity=$(query 'PRAGMA integrity_check')
[[ $integrity == ok ]] || fail "the database is damaged after kill -9: $integrity"
again=$(query "SELECT group_concat(p.text, '') FROM messages m JOIN message_parts p ON p.message_id = m.id WHERE m.role = 'assistant' AND m.state = 'complete' ORDER BY m.id LIMIT 1")
[[ $again == "$answer"* ]] || fail "the first answer changed: '$answer' became '$again'"
[[ $(answers streaming) == 0 ]] || fail "an answer is still marked as streaming after the restart"

end() {
    kill "$app"
    for _ in $(seq 50); do kill -0 "$app" 2>/dev/null || break; sleep 0.2; done
    kill -0 "$app" 2>/dev/null && fail "the program does not end on SIGTERM"
    wait "$app" 2>/dev/null
}
end

# A document that takes a while to read, and Esc in the middle of it.
for _ in $(seq 250); do echo 'The clerk writes every ship into the book, with its port and its cargo.'; done >"$work/long.txt"
start "$work/long.txt"
two_stored() { [[ $(find "$data/blobs" -type f 2>/dev/null | wc -l) == 2 ]]; }
wait_for 30 "the file of the command line was not stored" two_stored
sleep 1
xdotool type --delay 20 'What is written into the book?'
xdotool key --delay 100 Return Escape
wait_for 20 "Esc did not stop the answer" has_answers stopped 1
sleep 0.5
shot stopped
end
echo "1 passed, 0 failed"
