"""Wordings by which a party's manner is told, as small lists in Chinese and English.

The lists are our own; what they were written from is said at each. A wording counts where it is said, whatever was
meant by it: irony, quotation and tone of voice are beyond a transcript.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from asr.transcript import Language

Wordings = Mapping[Language, re.Pattern[str]]

WORN = 3
"""Said more often than this in one turn, a courtesy is a habit or a trick."""


def _words(*patterns: str) -> re.Pattern[str]:
    """English wordings, whole words, with either apostrophe."""
    joined = "|".join(pattern.replace("'", "['’]") for pattern in patterns)
    return re.compile(rf"(?<![\w'’])(?:{joined})(?![\w’])", re.IGNORECASE)


def _characters(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


COURTESY: Wordings = {
    "zh": _characters(
        r"您好|请问|请您|麻烦您|劳驾|打扰(?:您|到您)?|不好意思|抱歉|对不起|谢谢|多谢|感谢|辛苦(?:您|了)|久等|祝您|方便(?:接|听|聊|讲|说)"
    ),
    "en": _words(
        r"please|thank you|thanks|much appreciated|i appreciate|sorry|excuse me|i apologi[sz]e|pardon me",
        r"would you mind|if you don't mind|could you kindly|my pleasure|you're welcome|take your time",
        r"is (?:this|now) (?:still )?(?:a )?good time|have a (?:good|great|nice|lovely) \w+|ma'am",
    ),
}
"""Greeting, asking leave, thanks and apology: the polite openings of Brown and Levinson, "Politeness" (1987)."""

BLAME: Wordings = {
    "zh": _characters(
        r"(?:您|你)(?:自己)?(?:搞|弄|听|看|记|理解|算|填|选)错",
        r"(?:您|你)怎么(?:这么|连|总是?|老是?|又|就是?不|不早)|怪(?:不得|不了)我们?|是(?:您|你)们?自己的?(?:问题|事|责任)",
        r"(?:您|你)(?:根本|就是)?(?:不懂|听不懂)|(?:您|你)没(?:听懂|搞懂|听明白|搞清楚)|(?:您|你)到底(?:听|想|要|买)",
        r"(?:这)?不是我们?的(?:问题|责任|错)|不归我们?管|(?:跟|和|与)我们?(?:没|无)关系?|我(?:也)?(?:管不了|没办法管)",
        r"随便(?:您|你)(?=[吧呗啊，。！]|$)|随(?:您|你)便|爱(买|要|信|听)不\1|便宜没好货|没钱就|买不起",
        r"(?:跟|和|给)?(?:您|你)?(?:都|已经)说(?:过|了)(?:多少|好几|很多|几|\w)(?:遍|次)|早就(?:跟|和)?(?:您|你)?说(?:过|了)",
        r"说得很清楚了|有完没完|别(?:废话|啰嗦|打岔)|(?:您|你)急什么|规定就是这样|公司(?:就是)?(?:这样|这么)规定",
    ),
    "en": _words(
        r"calm down|(?:it's|that's|that is|it is) (?:just |simply )?(?:our|the|company) policy",
        r"you should(?:n't)? have(?! to)|(?:not|isn't) my (?:problem|fault|job|department)",
        r"your own (?:fault|mistake|problem)",
        r"(?:like|as) i (?:already )?(?:said|told you|explained)(?: before| already)?",
        r"i(?:'ve)? already (?:told|explained)",
        r"you're (?:wrong|not listening|confused)|you (?:don't|didn't|do not|did not|clearly don't) understand",
        r"you (?:must have |probably )?(?:misheard|misunderstood|weren't listening)|why didn't you",
        r"take it or leave it|(?:if )?you can't afford|nothing i can do|you'll (?:just )?have to (?:wait|accept|live)",
        r"whatever you say|stop (?:complaining|wasting)|what's your problem|cheap is cheap",
    ),
}
"""Blame, dismissal and passing the buck: what Chinese call centres forbid (服务禁语: 反问, 推诿, 指责) and what English
customer service trains against ("calm down", "it's our policy", "you should have", "as I told you")."""

EMPATHY: Wordings = {
    "zh": _characters(
        r"(?:我|我们|完全|特别|非常|很|太|能|可以)(?:都)?(?:理解|明白(?!吗)|懂)(?![吗不错])(?:您|你|这)?",
        r"(?<![不没])理解(?:您|你)的|(?:您|你)的?(?:这个|这种)?(?:顾虑|担心|想法|心情|考虑)",
        r"换(?:做|作|成|了)?(?:是)?我|确实(?:是|不容易|心疼|心痛|辛苦|头疼|麻烦|可惜|难)|不容易",
        r"(?:您|你)说得?(?:对|没错|有道理|是)|有道理|(?:给|让)(?:您|你)(?:添麻烦|失望|操心|担心|受累)",
    ),
    "en": _words(
        r"(?<!so )(?<!that )i (?:totally |completely |fully |really |can |do |absolutely )*"
        r"(?:understand|hear you|see why|imagine)",
        r"i (?:totally |completely |fully |really )*get (?:it|that)(?! (?:to|for|down|in|out|up|at)\b)",
        r"(?:that |it )?makes (?:total |perfect |complete )?sense|fair (?:point|enough|question|concern)",
        r"(?:totally|that's) fair|(?:that's a )?(?:good|valid) point|that's a (?:real |valid )?concern",
        r"(?:must be|must have been|sounds|sounded) (?:really |so |very |pretty )?"
        r"(?:frustrating|hard|tough|painful|stressful|annoying|difficult|rough|awful)",
        r"i'm (?:so |very |really )?sorry (?:to hear|about|that|for)|you're (?:absolutely |totally )?right",
        r"i'd (?:feel|think|ask) the same|(?:don't|can't) blame you",
    ),
}
"""That the customer is understood: the "acknowledge" of the sales schools, before an objection is answered."""

COMPLAINT: Wordings = {
    "zh": _characters(
        r"投诉|骗(?:人|子|我|钱)|被骗|受骗|坑(?:人|我|了|死)|忽悠|太(?:差|烂|坑|离谱|过分|不像话|不负责)|差劲",
        r"不满意|(?:很|太|真)(?:失望|生气|烦)|气死|没人(?:理|接|回|负责)|(?:总|老)是?(?:坏|出问题|掉线|断|死机|报错|卡)",
        r"别再打|骚扰|(?:要|给我|想)退(?:钱|款|货)|什么(?:破|烂)|说话不算|态度(?:很|太|真)?(?:差|不好|恶劣)",
        r"(?:打|催|问|说)了?(?:好几|多少|[两三四五六七八九十]\w?)(?:次|遍)|(?:等|拖)了(?:好几|快|[半一两三四五六七八九十])个?\w{0,2}(?:天|周|星期|月|小时)",
    ),
    "en": _words(
        r"(?<!no )complain(?:t|ts|ed|ing)?|ridiculous|unacceptable|terrible|awful|appalling",
        r"disappoint(?:ed|ing)|frustrat(?:ed|ing)",
        r"fed up|sick of|waste of (?:my |our )?(?:time|money)|scam|rip[- ]?off|ripped off|lied to|through hell",
        r"never (?:called|works|worked|got|came|answers?|replied)|still (?:haven't|hasn't|not|waiting)",
        r"keeps? (?:breaking|crashing|failing|dropping|happening)",
        r"(?:nobody|no one) (?:called|answers?|answered|replied|got back|cares?|helped)",
        r"(?:my|our) money back|(?:want|get|demand) (?:a|my|our) refund",
        r"stop calling|bothering (?:me|us)|not happy|unhappy|angry|let us down|let me down",
    ),
}
"""Anger, disappointment and failures told, at whomever they are aimed."""

TURNING_AWAY: Wordings = {
    "zh": _characters(
        r"没(?:什么|啥|有)?兴趣|不感兴趣|不(?:太|是很)?需要|不用了|再说吧|以后再说|没(?:时间|空)|在忙|(?:很|比较|正)忙|随便(?![问看聊说])",
        r"无所谓|别(?:再)?打(?!断)|算了|不想(?:听|要|聊|谈)|到时候再|有需要(?:再|我)",
    ),
    "en": _words(
        r"(?:not|isn't|aren't|no longer) (?:really |that )?interested|no interest|no time|not now|not today",
        r"don't (?:really )?(?:need|want|care)|(?:i'm|we're|pretty|very|too) busy|whatever(?=\W*$)|maybe later",
        r"(?:some )?other time|call (?:me )?(?:back )?later|(?:just )?send me an email|stop calling",
        r"no,? thanks?|i'll think about it",
    ),
}
"""A reply that turns away; saying goodbye is none, and long replies that hold such words among others are none."""

LISTLESS: Wordings = {
    "zh": re.compile(
        r"^\W*(?:嗯+|哦+|噢|啊|呃|唔|哎|行吧|好吧|还行吧?|还好吧?|不知道|不清楚|没想过|没什么|一般般?|就那样)"
        r"(?:[，,、\s]*(?:嗯+|哦+|吧|啊))*\W*$"
    ),
    "en": re.compile(
        r"^\W*(?:(?:m+-?hm+|u+h-?huh|u+h|u+m+|hm+|ok(?:ay)?|fine|i guess|dunno|(?:i )?don't know|no idea|not sure"
        r"|not really|it's (?:fine|ok(?:ay)?)|nothing)[\s,.…]*)+\W*$",
        re.IGNORECASE,
    ),
}
"""A reply that is no answer to an open question."""


def found(text: str, wordings: Wordings, language: Language) -> list[re.Match[str]]:
    """Where ``text`` holds one of the wordings, in order."""
    return list(wordings[language].finditer(text))


def different(matches: list[re.Match[str]]) -> int:
    """How many different wordings there are among ``matches``: saying one twice adds none."""
    return len({match.group().lower() for match in matches})


def is_worn(matches: list[re.Match[str]]) -> bool:
    """Whether one wording is said over and over (:data:`WORN`)."""
    said = [match.group().lower() for match in matches]
    return any(said.count(wording) > WORN for wording in set(said))
