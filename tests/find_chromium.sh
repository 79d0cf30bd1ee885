#!/bin/sh
# The browser tests need Chromium, best in its headless build, which spares a third of the time: found, installed from
# Debian's packages where that is allowed, or asked for in one line.
[ -n "$CHROMIUM" ] && [ -x "$CHROMIUM" ] && exit 0
[ -x /usr/bin/chromium-headless-shell ] && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium-headless-shell fonts-dejavu-core >/dev/null && exit 0
fi
[ -x /usr/bin/chromium ] && exit 0
echo "The browser tests need Chromium: sudo apt-get install chromium-headless-shell (or chromium), or set CHROMIUM to its path." >&2
exit 2
