"""Words that tell the channel of a next step and the role of a decision maker. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from asr.transcript import Language
from sop.events import Slot

_CHANNELS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "demo": r"演示|demo|展示一下",
        "trial": r"试用|试跑|试点|试一试|试一下|体验(?!感)|免费用|先用着|POC|跑一版|试听|样品|打样",
        "visit": r"拜访|上门|登门|面谈|当面|见个?面|参观|实地|来店|到店|过[您你]那[边儿]|[来去到][您你我]们?(?:公司"
        r"|店|办公室|厂|单位|这[边儿]|那[边儿])|走一圈|带[您你]们?看",
        "meeting": r"会议(?!室)|开个?会(?!员)|拉个会|碰一?下|碰个?头|聊一?聊|评审会|日历邀请",
        "call": r"打(?:个|您|你)?(?:电话|视频)|通个?电话|电话(?:会议|沟通|里|联系|聊|回访|过去|过来)"
        r"|[给跟][您你我他她]们?打(?!包|款|样|印|钱|[^，,。]{0,5}[折样])|打给|再打|回电|视频(?:会|通|电话|聊"
        r"|连)|就视频|三方通话",
        "wechat": r"微信|拉个?群|企微",
        "email": r"邮件|邮箱|e-?mail|抄送",
        "message": r"短信|whats\s?app",
        "quote": r"报价[单表]?|价格表|预算表|配置单",
        "contract": r"合同|协议|NDA|签约|盖个?章|签字",
    },
    "en": {
        "demo": r"demos?(?!\s+(?:probe|unit))|demonstration|walk\s*-?through|show\s+(?:you|him|her|them|both|it)"
        r"(?:\s+\w+){0,3}\s+live",
        "trial": r"trial|pilot|poc|proof\s+of\s+concept|sandbox|samples?|as\s+a\s+test|try\s+it|demo\s+(?:probe"
        r"|unit)|test\s+drive",
        "visit": r"swing\s+by|drop\s+(?:by|in)|come\s+(?:by|over|down|in|out|round|to\s+(?:your|our|the))"
        r"|(?:i['’]?ll|shall\s+i|i['’]?d)\s+come|visit|site\s+visit|on\s?-?site"
        r"|in\s+person|stop\s+by|pop\s+(?:in|round|over)|at\s+your\s+(?:yard|office|place|site|shop)|ride\s+along",
        "meeting": r"meeting|sit\s+down|get\s+together|invite|catch\s+up|(?:zoom|teams|google\s+meet|webex)|calendar"
        r"|minutes\s+with",
        "call": r"(?:video\s+|phone\s+|conference\s+)?calls?(?!\s+it|ed)|ring|phone(?!\s+number)|give\s+(?:you|me"
        r"|him|her|them)\s+a\s+(?:buzz|ring|bell)|dial",
        "wechat": r"wechat",
        "email": r"e-?mails?|inbox(?:es)?|mail\s+(?:you|me|it)",
        "message": r"text\s+(?:you|me|him|her|them|it)|whats\s?app|sms|message\s+(?:you|me)",
        "quote": r"quotes?|quotation|proposal|pricing|estimate|price\s+list|comparison",
        "contract": r"contracts?|agreement|paperwork|nda|docusign|scope\s+document|sign(?:ature)?\b|order\s+form"
        r"|purchase\s+order",
    },
}

_ROLES: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "cfo": r"财务总监|财务负责人|CFO|财务副总",
        "ceo": r"CEO|总裁|老总|总经理|董事长|一把手",
        "cto": r"CTO|技术总监|技术负责人|IT负责人|信息总监|CIO",
        "marketing": r"CMO|市场总监|市场部|媒介",
        "executive": r"副总(?:裁|经理)?|[A-Z]?VP|VP|COO|分管领导",
        "owner": r"大?老板娘?|业主|东家",
        "procurement": r"采购(?:部|经理|总监|委员会|主管|中心|那边)?|招标办|招采",
        "finance": r"财务(?:部|经理|主管|那边)?|会计",
        "legal": r"法务(?:部|总监)?|合规(?:部)?|律师",
        "technology": r"技术(?:部|总监|团队|那边)|IT部?(?![A-Za-z])|信息(?:科|部|中心)|研发(?:部|总监)?",
        "hr": r"HRD?(?![A-Za-z])|人事(?:部|经理|总监)?|人力(?:资源)?(?:部|总监)?",
        "operations": r"运营(?:部|总监|那边)?|生产部",
        "board": r"董事会|股东会|投资人|董事(?!长)|总经理办公会|理事会|委员会",
        "headquarters": r"总部|集团(?:信息部)?|总公司",
        "partner": r"合伙人|股东",
        "spouse": r"老公|老婆|爱人|媳妇儿?|(?:我|您|你)家?先生|(?<=[跟和给问])先生|太太|对象|(?:我|您|你)嫂子|两口子",
        "family": r"爸妈|父母|[我你您她他]爸|[我你您她他]妈|您爸妈|您父母|婆婆|公公|丈母娘|岳父|儿子|女儿|闺女"
        r"|家里人?|[我你您][哥弟姐妹]|小舅子",
        "director": r"院长|校长|园长|厂长|局长|店长|所长",
        "manager": r"经理|主任|主管|领导|上级|部长|科长|负责人|总监",
    },
    "en": {
        "cfo": r"CFO|chief\s+financial\s+officer|finance\s+(?:director|chief|head)|head\s+of\s+finance|FD",
        "ceo": r"CEO|chief\s+executive|managing\s+director|MD|president|chairman|chairwoman|GM|general\s+manager",
        "cto": r"CTO|CIO|CISO|IT\s+(?:director|manager|head)|head\s+of\s+(?:IT|engineering|technology)",
        "marketing": r"CMO|marketing\s+(?:director|manager)|head\s+of\s+marketing",
        "executive": r"COO|VP|S?VP|vice\s+president|execs?|executive\s+team|leadership|c-suite",
        "owner": r"(?:the\s+)?boss|owners?|founders?|co[\s-]?founder|landlord|proprietor",
        "procurement": r"procurement|purchasing|buyers?|sourcing|tender|three\s+bids",
        "finance": r"finance(?:\s+(?:team|department|people))?|accounts|accountant|controller|bookkeeper|bank",
        "legal": r"legal(?:\s+team)?|compliance|lawyers?|solicitor|counsel|attorney",
        "technology": r"IT\s+(?:team|department|guys?|people)|tech\s+team|(?:the\s+)?IT(?=\s+(?:has|have|will|needs?))"
        r"|engineering|security\s+team",
        "hr": r"HR|people\s+team|human\s+resources",
        "operations": r"operations|ops\s+lead|ops\s+manager",
        "board": r"(?<!on\s)board(?:\s+sub\s+committee)?|committee|trustees|shareholders|steering\s+committee",
        "headquarters": r"corporate|head\s+office|headquarters|HQ|group|head\s+quarters",
        "partner": r"(?:business\s+)?partners?|co[\s-]?owner",
        "spouse": r"wife|husband|missus|spouse|hubby|other\s+half(?!\s+of)",
        "family": r"brother(?:\s+in\s+law)?|sister|father|mother|dad|mom|mum|parents|son|daughter|cousin|family",
        "director": r"principal|dean|headmaster|headteacher|director",
        "manager": r"manager|supervisor|line\s+manager|regional\s+guy|team\s+lead|head\s+of\s+\w+|department\s+head",
    },
}


def _compiled(words: Mapping[str, str], language: Language) -> dict[str, re.Pattern[str]]:
    edge = (r"\b", r"\b") if language == "en" else ("", "")
    return {value: re.compile(f"{edge[0]}(?:{pattern}){edge[1]}", re.I) for value, pattern in words.items()}


_CHANNEL_PATTERNS = {language: _compiled(words, language) for language, words in _CHANNELS.items()}
# Short names of offices are written in capitals: "it" is another word.
_ROLE_PATTERNS = {
    language: _compiled(
        {value: re.sub(r"\b(IT|HR|MD|GM|FD)\b", r"(?-i:\1)", text) for value, text in words.items()}, language
    )
    for language, words in _ROLES.items()
}
_VOCATIVE = re.compile(r"[\u4e00-\u9fff]{0,3}")

CHANNELS = tuple(_CHANNELS["zh"])
"""Values of the slot ``channel``."""
ROLES = tuple(_ROLES["zh"])
"""Values of the slot ``role``."""


def find_channels(text: str, language: Language) -> tuple[Slot, ...]:
    """How a next step is to be taken, each channel once, in the order they were said."""
    return _first_of_each(_found("channel", _CHANNEL_PATTERNS[language], text))


def find_roles(text: str, language: Language) -> tuple[Slot, ...]:
    """Who decides or takes part in deciding, each role once; nobody who is only addressed (主任，…)."""
    found = (slot for slot in _found("role", _ROLE_PATTERNS[language], text) if not _is_addressed(text, slot))
    return _first_of_each(found)


def _is_addressed(text: str, slot: Slot) -> bool:
    return text[slot.end : slot.end + 1] in ("，", ",") and _VOCATIVE.fullmatch(text[: slot.start]) is not None


def _found(name: str, patterns: Mapping[str, re.Pattern[str]], text: str) -> Iterator[Slot]:
    """What the patterns find, in order; of words that overlap the longest."""
    hits = [
        Slot(name, match.group(), match.start(), match.end(), value)
        for value, pattern in patterns.items()
        for match in pattern.finditer(text)
    ]
    kept: list[Slot] = []
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        if not any(hit.start < other.end and other.start < hit.end for other in kept):
            kept.append(hit)
    return iter(sorted(kept, key=lambda hit: hit.start))


def _first_of_each(slots: Iterator[Slot]) -> tuple[Slot, ...]:
    first: dict[str | int | float | None, Slot] = {}
    for slot in slots:
        first.setdefault(slot.value, slot)
    return tuple(first.values())
