"""Why rows are left out and files refused, in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.records.decoding import decode
from service.records.mapping_document import parse
from service.records.reasons import CellError, ImportFileError, RowReason
from service.records.sheets import read_sheet
from service.web.translation import LANGUAGES, translator

SOURCES = sorted((Path("service") / "records").glob("*.py"))
GIVEN = re.compile(r'(?:CellError|Forbidden|RowReason)\(\s*"(\w+)"')
REFUSED = re.compile(r'ImportFileError\(name, "(\w+)"(?: if .* else "(\w+)")?')


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(language: str) -> None:
    """Each code that is given anywhere has words in each language, and no words are without a code."""
    text = "\n".join(source.read_text("utf-8") for source in SOURCES)
    codes = set(GIVEN.findall(text))
    told = {key.removeprefix("row_reasons.") for key in translator(language).texts if key.startswith("row_reasons.")}
    assert len(codes) > 20
    assert codes <= told
    assert all(f'"{key}"' in text or key == "in_column" for key in told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_words(language: str) -> None:
    """Each code that a file is refused with has words in each language, and no words are without a code."""
    found = [codes for source in SOURCES for codes in REFUSED.findall(source.read_text("utf-8"))]
    codes = {code for each in found for code in each if code}
    told = {key.removeprefix("file_reasons.") for key in translator(language).texts if key.startswith("file_reasons.")}
    assert len(codes) > 5
    assert codes | {"in_file", "in_line"} == told


@pytest.mark.parametrize(
    ("content", "en", "zh"),
    [
        (b"", "x.csv: empty file; the first line must name the columns", "x.csv：文件为空；第一行必须是列名"),
        (b"\x81\xff\xfa\n", "x.csv: neither UTF-8 nor GBK text", "x.csv：既不是 UTF-8 也不是 GBK 文本"),
        (b"name\nA\n", "x.csv: missing column opportunity_id", "x.csv：缺少列 opportunity_id"),
        (b"name,na\0me\n", "x.csv: line 1: a NUL byte", "x.csv：第 1 行：含有空字节"),
        (b'opportunity_id\nA\n"B\n', "x.csv: line 3: not a CSV file", "x.csv：第 3 行：不是 CSV 文件"),
        (b'\n\nopportunity_id,"na"me\n', "x.csv: line 3: not a CSV header", "x.csv：第 3 行：不是 CSV 表头"),
        (
            b'opportunity_id,"name\n',
            "x.csv: line 1: not a CSV file (a quote",
            "x.csv：第 1 行：不是 CSV 文件（此处的引号",
        ),
        (b"opportunity_id,opportunity_id\n", "column opportunity_id is there twice", "列 opportunity_id 出现了两次"),
        (b"opportunity_id,Colour\n", "unknown column Colour; the columns are", "未知的列 Colour；可用的列为"),
    ],
)
def test_a_refused_file_is_told_in_both_languages(content: bytes, en: str, zh: str) -> None:
    """The file, the line where there is one, and what to do."""
    with pytest.raises(ImportFileError) as caught:
        read_sheet(decode(content, "x.csv"), "x.csv", parse("noun: opportunities"), is_partial=True)
    assert en in str(caught.value)
    assert zh in caught.value.told(translator("zh"))


def test_reasons_speak_as_the_pages_do() -> None:
    """In Chinese a pipeline is called what the menu calls it, not as procedures are, and readers are addressed as
    everywhere."""
    texts = translator("zh").texts
    told = {key: str(words) for key, words in texts.items() if key.startswith("row_reasons.")}
    of_pipelines = [words for words in told.values() if "{pipeline}" in words]
    assert len(of_pipelines) > 1
    assert all(str(texts["nav.pipeline"]) in words for words in of_pipelines)
    assert not any("你" in str(words) for words in texts.values())


def test_a_value_stays_on_its_line() -> None:
    """A line break in a cell does not break the line that tells of it; letters of any script stay as they are."""
    reason = RowReason("no_number", "amount", {"value": "许\n多"})
    assert str(reason) == "amount: '许\\n多' is not a number"
    assert reason.told(translator("zh")) == "amount：“许\\n多”不是数字"


def test_the_error_says_what_its_reason_says() -> None:
    """The message is the reason in English, with its column if it has one."""
    error = CellError("again", "lead_id", value="L-1", line=3)
    assert str(error) == str(error.reason) == "lead_id: 'L-1' again, first in line 3"
    assert str(RowReason("too_many")) == "more values than columns"


@pytest.mark.parametrize(
    ("row", "en", "zh"),
    [
        ('O-1,"cold"room', "text follows a closing quote", "右引号后面还有文字"),
        ("O-1," + "x" * 200_000, "more than 131072 characters", "超过 131072 个字符"),
    ],
)
def test_what_is_not_csv_is_told_in_both_languages(row: str, en: str, zh: str) -> None:
    """What a row has wrong as CSV has words of our own, not the library's, and the rows after it are read."""
    text = f"opportunity_id,name\n{row}\nO-2,good\n"
    sheet = read_sheet(decode(text.encode(), "x.csv"), "x.csv", parse("noun: opportunities"), is_partial=True)
    (bad,) = sheet.bad
    assert bad.line == 2
    assert en in bad.reason
    told = bad.why.told(translator("zh"))
    assert zh in told
    assert not re.search("[a-z]", told)
    assert [row.cells["name"] for row in sheet.rows] == ["good"]
