"""Entry point of the Hugging Face Space: wiring only; importing it loads no model."""

from pathlib import Path

from qa.web import exit_process, prepare_process

DATA = Path(__file__).parent / "data"

if __name__ == "__main__":
    from qa import QAError, Settings
    from qa.ingestion.prebuilt import open_prebuilt
    from qa.output.terminal import echo
    from qa.web.server.server import serve

    prepare_process()
    try:
        settings = Settings.from_environment()
        serve(lambda on_step: open_prebuilt(DATA / "articles", DATA / "index", settings, on_step), settings)
    except QAError as error:
        echo(str(error), err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    exit_process()
