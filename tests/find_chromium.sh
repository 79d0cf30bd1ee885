#!/bin/sh
# The browser tests need Chromium: found, installed from Debian's packages where that is allowed, or asked for in one line.
[ -n "$CHROMIUM" ] && [ -x "$CHROMIUM" ] && exit 0
[ -x /usr/bin/chromium ] && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "The browser tests need Chromium: install the package 'chromium' (sudo apt-get install chromium), or set CHROMIUM to its path." >&2
exit 2
