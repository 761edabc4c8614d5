"""The SQL of docs/athena.md: Athena understands it, and what it names is there."""

import re

import pytest
import sqlglot
from ses_sending_history import catalog
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from localaws.deploy import PROGRAM

PAGE = (PROGRAM / "docs" / "athena.md").read_text()
STATEMENTS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
EXECUTED = re.findall(r"```sql\nEXECUTE (\w+) USING\s+(.*?)```", PAGE, re.DOTALL)
OTHERS = [text for text in STATEMENTS if not text.startswith("EXECUTE")]
PREPARED = {query.name: query for query in catalog.saved_queries() if query.has_parameters}


def parsed(sql: str) -> exp.Expr:
    """The only statement of a text; sqlglot raises for what Athena does not understand."""
    [only] = sqlglot.parse(sql, read="athena")
    assert only is not None
    return only


[CREATED] = (
    statement for statement in map(parsed, OTHERS) if isinstance(statement, exp.Create) and statement.expression
)
[INSERTED] = (statement for statement in map(parsed, OTHERS) if isinstance(statement, exp.Insert))
TABLES: dict[str, object] = {
    "ses_history_prod": {"history": dict(catalog.COLUMNS)},
    "mail_reports": {"history_by_day": {name: catalog.COLUMNS[name] for name in CREATED.expression.named_selects}},
}


@pytest.mark.parametrize("sql", OTHERS)
def test_sql_of_the_docs_is_a_statement_about_columns_that_there_are(sql: str) -> None:
    statement = parsed(sql)

    assert isinstance(statement, exp.Query | exp.Create | exp.Insert)
    for query in statement.find_all(exp.Select):
        if not query.parent_select:
            qualify(query.copy(), schema=TABLES, db="ses_history_prod", dialect="athena")


@pytest.mark.parametrize(("name", "values"), EXECUTED)
def test_what_the_docs_execute_is_a_prepared_statement_with_the_values_that_it_takes(name: str, values: str) -> None:
    taken = list(parsed(PREPARED[name].sql).find_all(exp.Placeholder))

    assert len(parsed(f"SELECT {values}").expressions) == len(taken)


def test_the_docs_list_the_saved_queries() -> None:
    [table] = re.findall(r"\| query \| what it answers \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)

    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [query.name for query in catalog.saved_queries()]


def test_each_night_adds_what_the_table_was_created_with() -> None:
    assert INSERTED.expression.named_selects == CREATED.expression.named_selects
    assert CREATED.expression.named_selects[-1] == "day", "Athena takes the column of the partitions last"
