"""Dates and times resolved against the call's start, a Wednesday morning in Shanghai."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.transcript import Language
from nlp.moments.moment import Before, find_moments

STARTED = datetime.fromisoformat("2026-11-25T10:00+08:00")


def day(month_and_day: str, time: str = "", until: str = "") -> str:
    """A day, a time on it, or a range of times."""
    year = "2027" if month_and_day < "11-25" else "2026"
    if not time:
        return f"{year}-{month_and_day}"
    end = f"/{year}-{month_and_day}T{until}+08:00" if until else ""
    return f"{year}-{month_and_day}T{time}+08:00{end}"


def morning(month_and_day: str) -> str:
    return day(month_and_day, "06:00", "12:00")


def afternoon(month_and_day: str) -> str:
    return day(month_and_day, "12:00", "18:00")


def evening(month_and_day: str) -> str:
    return day(month_and_day, "18:00", "23:00")


CHINESE: list[tuple[str, str, str | None]] = [
    ("那明天下午三点我过来", "明天下午三点", day("11-26", "15:00")),
    ("下周三吧", "下周三", day("12-02")),
    ("下周三上午十点", "下周三上午十点", day("12-02", "10:00")),
    ("月底前给您", "月底前", "2026-11-25/2026-11-30"),
    ("后天上午行吗", "后天上午", morning("11-27")),
    ("25号见", "25号", day("11-25")),
    ("24号见", "24号", day("12-24")),
    ("二十八号之前定下来", "二十八号之前", day("11-28")),
    ("周三再聊", "周三", day("12-02")),
    ("周四再聊", "周四", day("11-26")),
    ("这周四下午两点", "这周四下午两点", day("11-26", "14:00")),
    ("下下周一", "下下周一", day("12-07")),
    ("下个星期五晚上八点", "下个星期五晚上八点", day("12-04", "20:00")),
    ("礼拜天上午", "礼拜天上午", morning("11-29")),
    ("星期六", "星期六", day("11-28")),
    ("今晚发您", "今晚", evening("11-25")),
    ("明早九点半", "明早九点半", day("11-26", "09:30")),
    ("明天晚上八点半打给您", "明天晚上八点半", day("11-26", "20:30")),
    ("大后天", "大后天", day("11-28")),
    ("今天下班前发", "今天下班前", day("11-25")),
    ("周末来店里", "周末", "2026-11-28/2026-11-29"),
    ("下周末", "下周末", "2026-12-05/2026-12-06"),
    ("下周找个时间", "下周", "2026-11-30/2026-12-06"),
    ("这周内签", "这周内", "2026-11-25/2026-11-29"),
    ("下周初", "下周初", "2026-11-30/2026-12-01"),
    ("本周五之前", "本周五之前", day("11-27")),
    ("下个月", "下个月", "2026-12-01/2026-12-31"),
    ("下个月初再联系", "下个月初", "2026-12-01/2026-12-10"),
    ("下个月5号", "下个月5号", day("12-05")),
    ("下月15号上午十点", "下月15号上午十点", day("12-15", "10:00")),
    ("月底", "月底", "2026-11-26/2026-11-30"),
    ("月初", "月初", "2026-12-01/2026-12-10"),
    ("月中", "月中", "2026-12-11/2026-12-20"),
    ("年底前", "年底前", "2026-11-25/2026-12-31"),
    ("年底", "年底", "2026-12-01/2026-12-31"),
    ("12月3号下午四点", "12月3号下午四点", day("12-03", "16:00")),
    ("十二月十八号", "十二月十八号", day("12-18")),
    ("三月五号", "三月五号", day("03-05")),
    ("十二月初", "十二月初", "2026-12-01/2026-12-10"),
    ("一月份启动", "一月份", "2027-01-01/2027-01-31"),
    ("明年三月", "明年三月", "2027-03-01/2027-03-31"),
    ("下季度", "下季度", "2027-01-01/2027-03-31"),
    ("明年年初再说", "明年年初", "2027-01-01/2027-01-31"),
    ("三天后给答复", "三天后", day("11-28")),
    ("两周后", "两周后", day("12-09")),
    ("一个月以后", "一个月以后", day("12-25")),
    ("三天之内", "三天之内", "2026-11-25/2026-11-28"),
    ("五个工作日内到账", "五个工作日内", "2026-11-25/2026-12-02"),
    ("半个月后", "半个月后", day("12-10")),
    ("过两天我再打给您", "过两天", None),
    ("这两天给您发", "这两天", None),
    ("过几天", "过几天", None),
    ("春节后再看", "春节后", None),
    ("下午三点", "下午三点", "T15:00"),
    ("三点半", "三点半", "T15:30"),
    ("九点", "九点", "T09:00"),
    ("14:30开会", "14:30", "T14:30"),
    ("四点一刻", "四点一刻", "T16:15"),
    ("明天下午两点到三点", "明天下午两点到三点", day("11-26", "14:00", "15:00")),
    ("后天中午十二点", "后天中午十二点", day("11-27", "12:00")),
    ("明天中午一点", "明天中午一点", day("11-26", "13:00")),
    ("周五上午10点30分", "周五上午10点30分", day("11-27", "10:30")),
    ("下週三下午三點", "下週三下午三點", day("12-02", "15:00")),
    ("昨天下午", "昨天下午", "2026-11-24T12:00+08:00/2026-11-24T18:00+08:00"),
    ("上周五寄的", "上周五", "2026-11-20"),
    ("半小时后打给您", "半小时后", day("11-25")),
    ("后天傍晚六点", "后天傍晚六点", day("11-27", "18:00")),
    ("周日晚上", "周日晚上", evening("11-29")),
]

ENGLISH: list[tuple[str, str, str | None]] = [
    ("next Wednesday at ten", "next Wednesday at ten", day("12-02", "10:00")),
    ("tomorrow afternoon works", "tomorrow afternoon", afternoon("11-26")),
    ("by the end of the month", "by the end of the month", "2026-11-25/2026-11-30"),
    ("the end of the month", "the end of the month", "2026-11-26/2026-11-30"),
    ("let's say on the 28th", "the 28th", day("11-28")),
    ("the 25th is fine", "the 25th", day("11-25")),
    ("the 24th is fine", "the 24th", day("12-24")),
    ("in two weeks", "in two weeks", day("12-09")),
    ("Wednesday then", "Wednesday", day("12-02")),
    ("on Thursday", "Thursday", day("11-26")),
    ("this Wednesday", "this Wednesday", day("11-25")),
    ("Thursday four fifteen", "Thursday four fifteen", day("11-26", "16:15")),
    ("Friday, around eleven", "Friday, around eleven", day("11-27", "11:00")),
    ("tomorrow at half past three", "tomorrow at half past three", day("11-26", "15:30")),
    ("half past three", "half past three", "T15:30"),
    ("Monday at six", "Monday at six", day("11-30", "18:00")),
    ("nine thirty Saturday", "nine thirty Saturday", day("11-28", "09:30")),
    ("nine on Monday", "nine on Monday", day("11-30", "09:00")),
    ("Sunday eleven is okay", "Sunday eleven", day("11-29", "11:00")),
    ("Tuesday, eight o'clock", "Tuesday, eight o'clock", day("12-01", "08:00")),
    ("tomorrow at 3pm", "tomorrow at 3pm", day("11-26", "15:00")),
    ("tomorrow after ten p.m.", "tomorrow after ten p.m.", day("11-26", "22:00")),
    ("Thursday at noon", "Thursday at noon", day("11-26", "12:00")),
    ("Friday morning", "Friday morning", morning("11-27")),
    ("by tomorrow evening", "by tomorrow evening", evening("11-26")),
    ("tonight", "tonight", evening("11-25")),
    ("this afternoon", "this afternoon", afternoon("11-25")),
    ("the day after tomorrow", "the day after tomorrow", day("11-27")),
    ("next week", "next week", "2026-11-30/2026-12-06"),
    ("early next week", "early next week", "2026-11-30/2026-12-01"),
    ("end of next week", "end of next week", "2026-12-03/2026-12-04"),
    ("next month", "next month", "2026-12-01/2026-12-31"),
    ("the first of next month", "the first of next month", day("12-01")),
    ("over the weekend", "over the weekend", "2026-11-28/2026-11-29"),
    ("next weekend", "next weekend", "2026-12-05/2026-12-06"),
    ("by Friday", "by Friday", day("11-27")),
    ("before Monday", "before Monday", day("11-30")),
    ("a week from Friday", "a week from Friday", day("12-04")),
    ("Monday week", "Monday week", day("12-07")),
    ("the Monday after next", "the Monday after next", day("12-07")),
    ("Tuesday next week", "Tuesday next week", day("12-01")),
    ("December 3rd at ten a.m.", "December 3rd at ten a.m.", day("12-03", "10:00")),
    ("the 3rd of March", "the 3rd of March", day("03-03")),
    ("March 3, 2028", "March 3, 2028", "2028-03-03"),
    ("Tuesday the first", "Tuesday the first", day("12-01")),
    ("the twenty eighth", "the twenty eighth", day("11-28")),
    ("the twentieth at ten", "the twentieth at ten", day("12-20", "10:00")),
    ("in January", "in January", "2027-01-01/2027-01-31"),
    ("the first week of December", "the first week of December", "2026-12-01/2026-12-07"),
    ("early December", "early December", "2026-12-01/2026-12-10"),
    ("next quarter", "next quarter", "2027-01-01/2027-03-31"),
    ("within three days", "within three days", "2026-11-25/2026-11-28"),
    ("within five business days", "within five business days", "2026-11-25/2026-12-02"),
    ("in ten days", "in ten days", day("12-05")),
    ("in a month's time", "in a month's time", day("12-25")),
    ("in a fortnight", "in a fortnight", day("12-09")),
    ("two weeks from now", "two weeks from now", day("12-09")),
    ("in a couple of days", "in a couple of days", None),
    ("in a few weeks", "in a few weeks", None),
    ("after Christmas", "after Christmas", None),
    ("by end of day", "by end of day", day("11-25")),
    ("month end", "month end", "2026-11-26/2026-11-30"),
    ("quarter to four", "quarter to four", "T15:45"),
    ("quarter to seven", "quarter to seven", "T06:45"),
    ("on the third Monday", "on the third Monday", day("12-21")),
    ("the last Friday of next month", "the last Friday of next month", day("12-25")),
    ("the first Tuesday in February", "the first Tuesday in February", day("02-02")),
    ("at ten", "ten", "T10:00"),
    ("15:30 suits me", "15:30", "T15:30"),
    ("Tuesday between two and four", "Tuesday between two and four", day("12-01", "14:00", "16:00")),
    ("tomorrow from nine to eleven", "tomorrow from nine to eleven", day("11-26", "09:00", "11:00")),
    ("Thursday at ten in the morning", "Thursday at ten in the morning", day("11-26", "10:00")),
    ("yesterday", "yesterday", "2026-11-24"),
    ("last Friday", "last Friday", "2026-11-20"),
    ("ten tomorrow morning", "ten tomorrow morning", day("11-26", "10:00")),
]

NO_MOMENTS: list[tuple[Language, str]] = [
    ("zh", "便宜一点吧"),
    ("zh", "三点五个百分点"),
    ("zh", "下午好，请问您方便吗"),
    ("zh", "地铁二号线"),
    ("zh", "先用三个月"),
    ("zh", "一周一次"),
    ("zh", "让两个点"),
    ("en", "at ten percent"),
    ("en", "the second option"),
    ("en", "the three of us"),
    ("en", "a four week trial on fifty servers"),
    ("en", "six bucks a head"),
    ("en", "good morning, is this a good time"),
    ("en", "we may march on"),
    ("en", "I meet them on Fridays"),
]


@pytest.mark.parametrize(("text", "said", "value"), CHINESE)
def test_chinese_moments(text: str, said: str, value: str | None) -> None:
    """The words that name a moment in Mandarin are found whole, and mean the day and time of the stated rules."""
    assert [(m.text, m.value) for m in find_moments(text, "zh", STARTED)] == [(said, value)]


@pytest.mark.parametrize(("text", "said", "value"), ENGLISH)
def test_english_moments(text: str, said: str, value: str | None) -> None:
    """The words that name a moment in English are found whole, and mean the day and time of the stated rules."""
    assert [(m.text, m.value) for m in find_moments(text, "en", STARTED)] == [(said, value)]


@pytest.mark.parametrize(("language", "text"), NO_MOMENTS)
def test_other_numbers_are_no_moments(language: Language, text: str) -> None:
    """Prices, counts, greetings and habits name no date."""
    assert find_moments(text, language, STARTED) == ()


def test_a_time_belongs_to_the_day_named_before() -> None:
    """The day, the part of the day and the week that were the subject complete what is said after them."""
    tomorrow, eight = find_moments("Tomorrow evening? Make it eight.", "en", STARTED)
    assert tomorrow.value == evening("11-26")
    assert eight.value == day("11-26", "20:00")
    assert find_moments("四点半以后", "zh", STARTED, tomorrow.then)[0].value == day("11-26", "16:30")
    _, tuesday, wednesday = find_moments("下下周我带您看看，周二或者周三", "zh", STARTED)
    assert (tuesday.value, wednesday.value) == (day("12-08"), day("12-09"))


def test_a_day_of_its_own_forgets_the_part_of_another() -> None:
    """An evening that was refused makes no evening of a time on another day."""
    assert find_moments("Friday at ten", "en", STARTED, Before(date(2026, 11, 26), "evening"))[0].value == day(
        "11-27", "10:00"
    )


def test_a_time_today_is_still_to_come() -> None:
    """Nine o'clock today, said at ten in the morning, is in the evening; one that was said to be morning is not."""
    assert find_moments("today at nine", "en", STARTED)[0].value == day("11-25", "21:00")
    assert find_moments("今天九点", "zh", STARTED)[0].value == day("11-25", "21:00")
    assert find_moments("today at nine a.m.", "en", STARTED)[0].value == day("11-25", "09:00")
    assert find_moments("today at eleven", "en", STARTED)[0].value == day("11-25", "11:00")


def test_without_the_start_of_the_call_days_have_no_value() -> None:
    """Only a time of the clock can be told then."""
    assert [m.value for m in find_moments("明天下午，三点吧", "zh")] == [None, "T15:00"]
    assert [m.value for m in find_moments("三点吧", "zh")] == ["T15:00"]
    assert [m.value for m in find_moments("next Wednesday at ten", "en")] == [None]


def test_the_clock_is_that_of_the_place_of_the_call() -> None:
    """The day is counted in the call's own zone, and a zone with summer time changes its offset with the date."""
    late = datetime(2026, 11, 25, 23, 30, tzinfo=timezone(timedelta(hours=8)))
    assert find_moments("明天", "zh", late)[0].value == "2026-11-26"
    assert find_moments("明天", "zh", late.astimezone(UTC))[0].value == "2026-11-26"
    assert find_moments("明天", "zh", late.astimezone(ZoneInfo("America/New_York")))[0].value == "2026-11-26"
    autumn = datetime(2026, 10, 23, 10, tzinfo=ZoneInfo("Europe/London"))
    assert find_moments("tomorrow at ten", "en", autumn)[0].value == "2026-10-24T10:00+01:00"
    assert find_moments("on Monday at ten", "en", autumn)[0].value == "2026-10-26T10:00+00:00"


PAST = re.compile(r"yesterday|last|昨|前天|上[周个月]|上下|this|这|本|今|today|March 3, 2028")
STARTS = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone(timedelta(hours=8))))


@given(
    phrases=st.lists(st.sampled_from([text for text, _, _ in CHINESE]), min_size=1, max_size=4),
    glue=st.text("，。 那吧呢一三号点周月", max_size=3),
    started=STARTS,
)
def test_chinese_offsets_and_order(phrases: list[str], glue: str, started: datetime) -> None:
    """Moments lie in the text, apart and in order, whatever is strung together and whenever the call was."""
    check(glue.join(phrases), "zh", started)


@given(
    phrases=st.lists(st.sampled_from([text for text, _, _ in ENGLISH]), min_size=1, max_size=4),
    glue=st.sampled_from([" ", ", ", " or ", " and ", ". ", " at ", " the ", " one "]),
    started=STARTS,
)
def test_english_offsets_and_order(phrases: list[str], glue: str, started: datetime) -> None:
    """Moments lie in the text, apart and in order, whatever is strung together and whenever the call was."""
    check(glue.join(phrases), "en", started)


@given(st.text(max_size=60), st.sampled_from(["zh", "en"]), STARTS)
def test_any_text_is_read(text: str, language: Language, started: datetime) -> None:
    """No text makes it fail, and offsets hold for any of them."""
    check(text, language, started)


@given(st.sampled_from([(t, "zh") for t, _, _ in CHINESE] + [(t, "en") for t, _, _ in ENGLISH]), STARTS)
def test_nothing_lies_before_the_call(phrase: tuple[str, Language], started: datetime) -> None:
    """A date is that of the call or later, unless the words name a past one or the running week."""
    text, language = phrase
    for moment in find_moments(text, language, started):
        if not PAST.search(text) and moment.value and not moment.value.startswith("T"):
            last = moment.value.rpartition("/")[2][:10]
            assert date.fromisoformat(last) >= started.date()
            assert date.fromisoformat(moment.value[:10]) >= started.date()


def check(text: str, language: Language, started: datetime) -> None:
    """The laws of offsets."""
    at = 0
    for moment in find_moments(text, language, started):
        assert at <= moment.start < moment.end <= len(text)
        assert text[moment.start : moment.end] == moment.text
        at = moment.end
