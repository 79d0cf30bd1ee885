"""Times as the API writes them: naive, in the account's own zone, without an offset."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

NO_DATE = "0000-00-00 00:00:00"


def local_time(now: datetime, timezone: str) -> datetime:
    """Return the naive wall-clock time of the aware `now` in `timezone`."""
    return now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None, microsecond=0)


def wire_time(moment: datetime) -> str:
    """`YYYY-MM-DD HH:MM:SS`."""
    return moment.isoformat(" ", "seconds")


def moment_of(value: object) -> datetime | None:
    """Return the time an account row carries, or None where it carries none or writes it oddly."""
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None


def waking_hour_before(rng: random.Random, local_now: datetime, days: float) -> datetime:
    """About `days` before `local_now`, between 7 and 22 o'clock: an hour no clock change skips, and never later."""
    day = (local_now - timedelta(days=days)).replace(hour=7, minute=0, second=0)
    moment = day + timedelta(seconds=rng.randrange(15 * 3600))
    return moment if moment < local_now else local_now - timedelta(seconds=rng.randrange(60, 1800))
