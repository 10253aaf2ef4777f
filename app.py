"""Entry point of the Hugging Face Space: wiring only; importing it loads no model."""

from pathlib import Path

from qa.web import end, serve

ARTICLES = Path(__file__).parent / "data" / "articles"

if __name__ == "__main__":
    from qa import QA, QAError

    try:
        serve(QA.from_path(ARTICLES))
    except QAError as error:
        raise SystemExit(str(error)) from None
    end()
