"""What the columns and values of foreign files mean."""

from __future__ import annotations

import pytest

from service.records.configurations import shipped
from service.records.decoding import decode
from service.records.mapping_document import FieldMapping, parse
from service.records.reasons import ImportFileError
from service.records.sheets import read_sheet
from sop.problems import SopError

MAPPING = """\
noun: opportunities
columns: {商机编号: opportunity_id, 商机名称: name, 客户: account, 阶段: stage, 预计: expected_close,
  地区: fields.region}
values:
  stage: {谈判: negotiate, Won: won}
dates: [YYYY/MM/DD]
time_zone: Asia/Shanghai
constants: {currency: CNY, pipeline: default}
"""


def cells(text: str, mapping: FieldMapping) -> list[dict[str, str]]:
    """The cells of the rows of a CSV."""
    return [dict(row.cells) for row in read_sheet(decode(text.encode(), "x.csv"), "x.csv", mapping).rows]


def test_columns_values_and_constants_are_told_by_the_mapping() -> None:
    """A foreign row has our columns and values; what the mapping does not name means itself."""
    text = "商机编号,商机名称,客户,阶段,预计,地区\nA-1,冷库,禾岭,谈判,2026/11/6,华东\nA-2,车,禾岭,won,,\n"
    first, second = cells(text, parse(MAPPING))
    assert first == {
        "opportunity_id": "A-1",
        "name": "冷库",
        "account": "禾岭",
        "stage": "negotiate",
        "expected_close": "2026/11/6",
        "fields.region": "华东",
        "currency": "CNY",
        "pipeline": "default",
    }
    assert (second["stage"], second["expected_close"]) == ("won", "")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("noun: opportunities", "noun: deals", "noun (line 1): unknown noun 'deals'"),
        ("客户: account", "客户: acount", "columns.客户 (line 2): opportunities have no column 'acount', did you mean"),
        ("  stage: {谈判", "  stages: {谈判", "values.stages (line 5): opportunities have no column 'stages'"),
        ("谈判: negotiate", "谈判: [negotiate]", "values.stage.谈判 (line 5): expected text, got a list"),
        ("[YYYY/MM/DD]", "[YY/MM/DD]", "dates (line 6): 'YY/MM/DD' is no date format"),
        ("Asia/Shanghai", "Asia/Atlantis", "time_zone (line 7): unknown time zone 'Asia/Atlantis'"),
        ("currency: CNY", "money: CNY", "constants.money (line 8): opportunities have no column 'money'"),
        ("time_zone:", "timezone:", "timezone (line 7): unknown key 'timezone', did you mean 'time_zone'?"),
    ],
)
def test_a_mistake_is_told_with_its_path(old: str, new: str, problem: str) -> None:
    """Where in the mapping, what, and what to do about it."""
    assert old in MAPPING
    with pytest.raises(SopError) as caught:
        parse(MAPPING.replace(old, new, 1))
    assert problem in str(caught.value)


def test_other_columns_are_refused_ignored_or_kept_as_the_mapping_says() -> None:
    """Nothing of a file is dropped unless the mapping says so."""
    text = "opportunity_id,name,account,stage,Colour\nA,n,a,needs,red\n"
    base = "noun: opportunities\n"
    with pytest.raises(ImportFileError, match="unknown column Colour"):
        cells(text, parse(base))
    assert "Colour" not in cells(text, parse(base + "others: ignore\n"))[0]
    assert cells(text, parse(base + "others: fields\n"))[0]["fields.Colour"] == "red"


def test_two_columns_of_one_meaning_are_refused() -> None:
    """Or which of them counts would be chance."""
    mapping = parse("noun: opportunities\ncolumns: {Id: opportunity_id, Key: opportunity_id}\n")
    with pytest.raises(ImportFileError, match=r"x\.csv: columns Id, Key all mean opportunity_id; leave one"):
        cells("Id,Key,name,account,stage\n", mapping)


def test_exports_with_semicolons_are_read() -> None:
    """Spreadsheets of half of Europe write them where others write commas."""
    assert (
        cells("opportunity_id;name;account;stage\nA;n, m;a;needs\n", FieldMapping("opportunities"))[0]["name"] == "n, m"
    )


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "salesforce-opportunities",
            "Id,Name,Account.Name,AccountId,StageName,Owner.Email,Amount,CloseDate,IsPrivate\n"
            "0065,Cold rooms,Acme,0015,Negotiation/Review,ana@example.com,1200.50,2026-11-06,false\n",
            {"opportunity_id": "0065", "stage": "negotiate", "account_id": "0015", "expected_close": "2026-11-06"},
        ),
        (
            "salesforce-opportunities",
            "Opportunity ID,Opportunity Name,Account Name,Stage,Opportunity Owner,Amount,Close Date\n"
            '0065,Cold rooms,Acme,Id. Decision Makers,Ana,"1,200.50",11/6/2026\n',
            {"stage": "needs", "owner_name": "Ana", "amount": "1,200.50"},
        ),
        (
            "hubspot-deals",
            "Record ID,Deal Name,Associated Company,Deal Stage,Deal owner,Amount,Close Date,Create Date\n"
            "77,Cold rooms,Acme,Decision maker bought-in,Ana,1200,2026-11-06 14:20,2026-10-01 09:00\n",
            {"opportunity_id": "77", "stage": "negotiate", "account": "Acme"},
        ),
    ],
)
def test_exports_of_known_crms_are_understood(name: str, text: str, told: dict[str, str]) -> None:
    """The shipped mappings know the columns and stages of the CRMs' own exports."""
    found = cells(text, parse(shipped("mapping")[name]))[0]
    assert {column: found[column] for column in told} == told
